import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { BrokerError } from '../errors.ts';
import type { BrokerEvent, Events } from '../events.ts';

/** What is counted, and how Prometheus reads it. No label holds anything of a user. */
export interface Metrics {
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** How things are between us and a tenant. */
export interface MeasuredTenant {
  readonly name: string;
  readonly state: {
    readonly running: number;
    readonly waiting: number;
    readonly throttled: boolean;
    readonly circuitOpen: boolean;
    readonly clientRefused: boolean;
  };
}

export interface MetricsDeps {
  readonly events: Events;
  /** Looked up when somebody asks for the metrics. */
  readonly tokensCached: () => number;
  readonly tenants: () => readonly MeasuredTenant[];
}

const PREFIX = 'qlik_token_broker_';
const MINT_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];

/** Counts from now on what happens. */
export function createMetrics({ events, tokensCached, tenants }: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  // What every request counts is counted here, and handed over when somebody asks: the library's own way takes longer
  // than all other bookkeeping of a warm request.
  const requestsByRoute = new Map<string, Map<number, number>>();
  const served = { hit: 0, miss: 0 };

  new Counter({
    name: `${PREFIX}http_requests_total`,
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'] as const,
    registers,
    collect() {
      this.reset();
      for (const [route, byStatus] of requestsByRoute)
        for (const [status, count] of byStatus) this.inc({ route, status }, count);
    },
  });
  const problems = new Counter({
    name: `${PREFIX}problems_total`,
    help: 'Problem answers, by route and code.',
    labelNames: ['route', 'code'] as const,
    registers,
  });
  new Counter({
    name: `${PREFIX}tokens_served_total`,
    help: "Tokens handed out: cache hits, and misses, which took a call to the tenant or were another replica's.",
    labelNames: ['cache'] as const,
    registers,
    collect() {
      this.reset();
      for (const [cache, count] of Object.entries(served)) this.inc({ cache }, count);
    },
  });
  const mints = new Histogram({
    name: `${PREFIX}mint_duration_seconds`,
    help: 'Time from the wish for a token to its result, by who wanted it and how that ended.',
    labelNames: ['priority', 'result'] as const,
    buckets: MINT_BUCKETS_SECONDS,
    registers,
  });
  const judgements = new Counter({
    name: `${PREFIX}rejections_judged_total`,
    help: 'Tokens that a page called rejected, by what the tenant said.',
    labelNames: ['verdict'] as const,
    registers,
  });
  const revocations = new Counter({
    name: `${PREFIX}revocations_total`,
    help: 'Tokens to be revoked at the tenant, by whether that worked.',
    labelNames: ['result'] as const,
    registers,
  });

  const unreadable = new Counter({
    name: `${PREFIX}records_not_opened_total`,
    help: 'Records of the shared store that did not open, by reason.',
    labelNames: ['why'] as const,
    registers,
  });

  const notUnderstood = new Counter({
    name: `${PREFIX}claims_not_understood_total`,
    help: 'Sign-ins that tell a name, an e-mail or groups that are not understood, by reason.',
    labelNames: ['claim', 'why'] as const,
    registers,
  });

  const staleTables = new Gauge({
    name: `${PREFIX}user_table_stale`,
    help: '1 while the table of users in force is not the one in the file, which is broken or lost many rows.',
    labelNames: ['tenant'] as const,
    registers,
  });

  new Gauge({
    name: `${PREFIX}tokens_cached`,
    help: 'Users whose token is cached.',
    registers,
    collect() {
      this.set(tokensCached());
    },
  });
  const tenantGauge = (
    name: string,
    help: string,
    value: (state: MeasuredTenant['state']) => number | boolean,
  ) =>
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: ['tenant'] as const,
      registers,
      collect() {
        this.reset();
        for (const { name: tenant, state } of tenants()) this.set({ tenant }, Number(value(state)));
      },
    });
  tenantGauge('tenant_calls_running', 'Calls to the tenant under way.', ({ running }) => running);
  tenantGauge('tenant_calls_waiting', 'Calls in the queue.', ({ waiting }) => waiting);
  tenantGauge('tenant_throttled', '1 while the tenant asks us to wait.', ({ throttled }) => throttled);
  tenantGauge('tenant_circuit_open', '1 while the tenant is in trouble.', ({ circuitOpen }) => circuitOpen);
  tenantGauge(
    'tenant_client_refused',
    '1 while the tenant refuses an OAuth client of ours.',
    (state) => state.clientRefused,
  );

  function answered(route: string, status: number): void {
    const byStatus = requestsByRoute.get(route);
    if (byStatus) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    else requestsByRoute.set(route, new Map([[status, 1]]));
  }

  function count(event: BrokerEvent): void {
    switch (event.type) {
      case 'request.completed':
        answered(event.route ?? 'none', event.status);
        break;
      case 'token.served':
        served[event.cache] += 1;
        break;
      case 'request.refused':
      case 'request.failed':
        problems.labels(event.route ?? 'none', event.code).inc();
        break;
      case 'token.minted':
        mints.labels(event.priority, 'minted').observe(event.ms / 1_000);
        break;
      case 'token.mint_failed':
        mints.labels(event.priority, codeOf(event.error)).observe(event.ms / 1_000);
        break;
      case 'token.judged':
        judgements.labels(event.verdict).inc();
        break;
      case 'token.revoked':
        revocations.labels('done').inc();
        break;
      case 'token.revocation_failed':
        revocations.labels('failed').inc();
        break;
      case 'login.claim_not_understood':
        notUnderstood.labels(event.claim, event.why).inc();
        break;
      case 'user_table.read':
        staleTables.labels(event.tenant).set(0);
        break;
      case 'user_table.broken':
      case 'user_table.shrunk':
        staleTables.labels(event.tenant).set(1);
        break;
      case 'store.record_unreadable':
        unreadable.labels(event.why).inc();
    }
  }
  events.subscribe(count);

  return { text: () => registry.metrics(), contentType: registry.contentType };
}

function codeOf(error: unknown): string {
  return error instanceof BrokerError ? error.code : 'internal_error';
}
