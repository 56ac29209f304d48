import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import type { ClientAuthentication } from '../qlik/client-authentication.ts';
import { QlikError } from '../qlik/errors.ts';
import type { QlikHttp, QlikRequest, QlikResponse } from '../qlik/http.ts';
import { clientCredentialsRequest, readClientCredentialsResponse } from '../qlik/oauth/client-credentials.ts';
import type { Circuit } from './admission/circuit.ts';
import type { Priority, Ticket } from './admission/ticket.ts';
import type { TenantCalls } from './calls.ts';
import { createManagementToken } from './management-token.ts';

/** How urgent what several calls serve is; it can become more urgent while it waits. */
export interface Pace {
  readonly priority: Priority;
  /** By the clock; later, no call is begun any more. */
  readonly deadline: number;
}

/** A call, and what its answer says. */
export interface ManagementCall<T> {
  readonly request: QlikRequest;
  /** Counts towards the budget (Qlik Cloud's tier 2). */
  readonly budgeted: boolean;
  /** Throws a `QlikError`. */
  readonly read: (response: QlikResponse, tenantNow: number) => T;
}

/**
 * Qlik's APIs as the management client may use them, through the tenant's gate: what users wait for goes first, and when
 * these APIs are in trouble they are spared, and minting goes on.
 */
export interface ManagementClient {
  /** Rejects with a `QlikError`; `refused` when the management client is not accepted, or may not do this. */
  send<T>(call: ManagementCall<T>, pace: Pace): Promise<T>;
  /** False while the tenant refuses the management client. */
  readonly accepted: boolean;
}

export interface ManagementClientDeps {
  readonly http: QlikHttp;
  readonly authentication: ClientAuthentication;
  readonly calls: TenantCalls;
  /** Of these APIs alone. */
  readonly circuit: Circuit;
  readonly clock: Clock;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
  readonly clientId: string;
}

/** How long a client that was refused is not tried again. */
const REFUSED_PAUSE_MS = 30_000;

export function createManagementClient(deps: ManagementClientDeps): ManagementClient {
  const { http, authentication, calls, circuit, clock, emit } = deps;
  const facts = { tenant: deps.tenant, client: 'management', clientId: deps.clientId } as const;
  const token = createManagementToken(clock);
  let refusedUntil = 0;
  let accepted = true;

  function obstacle(): QlikError | undefined {
    const refusedMs = refusedUntil - clock.now();
    if (refusedMs > 0)
      return new QlikError('refused', 'the management client was refused', { retryAfterMs: refusedMs });
    const pauseMs = circuit.pauseMs();
    if (pauseMs === 0) return undefined;
    return new QlikError('unavailable', 'the management APIs are in trouble', { retryAfterMs: pauseMs });
  }

  async function make<T>(
    exchange: (signal: AbortSignal) => Promise<T>,
    budgeted: boolean,
    pace: Pace,
  ): Promise<T> {
    const ticket: Ticket = {
      get priority() {
        return pace.priority;
      },
      budgeted,
      decisive: false,
      deadline: pace.deadline,
    };
    return calls.make(
      async (signal) => {
        const call = circuit.begin();
        try {
          const result = await exchange(signal);
          call.succeeded();
          return result;
        } catch (error) {
          if (isAnswer(error)) call.succeeded();
          else call.failed();
          throw error;
        }
      },
      ticket,
      obstacle,
    );
  }

  function bearer(pace: Pace): Promise<string> {
    return token.get(async () => {
      const exchange = async (signal: AbortSignal) => {
        const request = clientCredentialsRequest(await authentication.credentials());
        return readClientCredentialsResponse(await http.send(request, signal), http.tenantNow());
      };
      return make(exchange, true, pace).catch((error) => {
        if (isRefusal(error) && clock.now() >= refusedUntil) refuse();
        throw error;
      });
    });
  }

  function refuse(): void {
    accepted = false;
    refusedUntil = clock.now() + REFUSED_PAUSE_MS;
    emit({ type: 'tenant.client_refused', ...facts, pauseMs: REFUSED_PAUSE_MS });
  }

  function accept(): void {
    if (!accepted) emit({ type: 'tenant.client_accepted', ...facts });
    accepted = true;
  }

  return {
    async send({ request, budgeted, read }, pace) {
      for (let renewed = false; ; renewed = true) {
        const accessToken = await bearer(pace);
        const exchange = async (signal: AbortSignal) =>
          read(await http.send({ ...request, bearer: accessToken }, signal), http.tenantNow());
        try {
          const result = await make(exchange, budgeted, pace);
          accept();
          return result;
        } catch (error) {
          if (!isRefusal(error) || error.details.status !== 401) throw error;
          // It was revoked, or has ended: another one helps, unless that is refused too.
          token.drop(accessToken);
          if (!renewed) continue;
          refuse();
          throw error;
        }
      }
    },

    get accepted() {
      return accepted;
    },
  };
}

function isRefusal(error: unknown): error is QlikError {
  return error instanceof QlikError && error.code === 'refused';
}

/** The API works, whatever it says. */
function isAnswer(error: unknown): boolean {
  return error instanceof QlikError && error.details.status !== undefined && error.details.status < 500;
}
