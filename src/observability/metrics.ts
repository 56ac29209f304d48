import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TenantState } from '../tenant/token-client.ts';
import type { TokenEvent } from '../token/token-event.ts';

/** What is counted, and how Prometheus reads it. No label holds anything of a user. */
export interface Metrics {
  /** A request was answered; `route` is its pattern, null when there is none. */
  answered(route: string | null, status: number): void;
  /** A request got a problem answer. */
  refused(route: string | null, code: string): void;
  /** A token was handed out: from the cache, or by a call to the tenant. */
  served(cache: 'hit' | 'miss'): void;
  tokenEvent(event: TokenEvent): void;
  /** A record of the shared store was read and did not open. */
  unreadable(why: string): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Where the values come from that are looked up when they are asked for. */
export interface MetricsSources {
  readonly tokensCached: () => number;
  readonly tenant: () => TenantState;
}

const PREFIX = 'qlik_token_broker_';
const MINT_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];

export function createMetrics(sources: MetricsSources): Metrics {
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
    help: 'Tokens handed out: cache hits, and misses, which took a call to the tenant.',
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

  const gauge = (name: string, help: string, value: () => number | boolean) =>
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        this.set(Number(value()));
      },
    });
  gauge('tokens_cached', 'Users whose token is cached.', sources.tokensCached);
  gauge('tenant_calls_running', 'Calls to the tenant under way.', () => sources.tenant().running);
  gauge('tenant_calls_waiting', 'Calls that wait for their turn.', () => sources.tenant().waiting);
  gauge('tenant_throttled', '1 while the tenant asks us to wait.', () => sources.tenant().throttled);
  gauge('tenant_circuit_open', '1 while the tenant is in trouble.', () => sources.tenant().circuitOpen);
  gauge(
    'tenant_client_refused',
    '1 while the tenant refuses our client.',
    () => sources.tenant().clientRefused,
  );

  return {
    answered(route, status) {
      const byStatus = requestsByRoute.get(route ?? 'none');
      if (byStatus) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      else requestsByRoute.set(route ?? 'none', new Map([[status, 1]]));
    },
    refused: (route, code) => problems.labels(route ?? 'none', code).inc(),
    served(cache) {
      served[cache] += 1;
    },

    unreadable: (why) => unreadable.labels(why).inc(),

    tokenEvent(event) {
      switch (event.type) {
        case 'minted':
          mints.labels(event.priority, 'minted').observe(event.durationMs / 1_000);
          break;
        case 'mint_failed':
          mints.labels(event.priority, codeOf(event.error)).observe(event.durationMs / 1_000);
          break;
        case 'rejection_judged':
          judgements.labels(event.verdict).inc();
          break;
        case 'revoked':
          revocations.labels(event.done ? 'done' : 'failed').inc();
      }
    },

    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'internal_error';
}
