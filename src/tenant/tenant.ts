import type { Deadlines } from '../config/deadlines.ts';
import type { OutboundConfig } from '../config/outbound-config.ts';
import type { ClientConfig, TenantConfig } from '../config/tenant-config.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import {
  type ClientAuthentication,
  withClientSecret,
  withPrivateKey,
} from '../qlik/client-authentication.ts';
import { createQlikHttp, type QlikHttp } from '../qlik/http.ts';
import { createTokenIssuer } from '../qlik/oauth/token-issuer.ts';
import type { CallLimits, CallLimitsOptions } from '../store/call-limits.ts';
import { createCircuit } from './admission/circuit.ts';
import { createGate } from './admission/gate.ts';
import type { Gate } from './admission/ticket.ts';
import { createTenantCalls } from './calls.ts';
import { createCredentialsStatus } from './credentials-status.ts';
import { createDenyList, type IsDenied } from './deny-list.ts';
import { createManagementClient, type ManagementClient } from './management-client.ts';
import { createTokenClient, type TenantState, type TokenClient } from './token-client.ts';
import { createUserAdministration, type UserAdministration } from './user-administration.ts';

/** One tenant at run time: what it is called, and the one way to it. Connects at the first call. */
export interface Tenant {
  /** In metrics, logs and admin calls. */
  readonly name: string;
  /** Its origin, such as `https://acme.eu.qlikcloud.com`. */
  readonly url: string;
  /** The OAuth client that impersonates users there, and the scope of its tokens. */
  readonly clientId: string;
  readonly scope: string;
  /** Whom its client never impersonates. */
  readonly isDenied: IsDenied;
  /** Web origins, besides our own, whose pages may call for its users. */
  readonly origins: readonly string[];
  readonly tokenClient: TokenClient;
  /** When it is configured with a management client. */
  readonly administration: UserAdministration | undefined;
  /** Whether it answered when it was last asked, and accepts our clients. */
  readonly healthy: boolean;
  readonly state: TenantState;
  /** Leaves no timer, subscription or socket. Calls under way fail. */
  close(): Promise<void>;
}

export interface TenantDeps {
  readonly outbound: OutboundConfig;
  readonly deadlines: Deadlines;
  readonly emit: Emit;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** What all replicas keep to together in their calls to this tenant. */
  readonly createCallLimits: (tenantUrl: string, options: CallLimitsOptions) => CallLimits;
}

export function createTenant(config: TenantConfig, deps: TenantDeps): Tenant {
  const { name, url, client, scope } = config;
  const { deadlines, emit, clock, random } = deps;
  const http = createQlikHttp({
    tenantUrl: url,
    ca: config.ca,
    outbound: deps.outbound,
    // Calls that were given up may still hold a connection each.
    connections: 2 * config.limits.concurrency,
    now: clock.now,
  });
  const gate = createGate({
    clock,
    circuit: createCircuit({ now: clock.now, random, emit, tenant: name, client: 'impersonation' }),
    limits: deps.createCallLimits(url, {
      concurrency: config.limits.concurrency,
      rate: config.limits.budget,
      permitMs: deadlines.permitMs,
    }),
    emit,
    tenant: name,
  });
  const tokenClient = createTokenClient({
    issuer: createTokenIssuer({ http, authentication: authenticate(client, url, http), scope }),
    gate,
    createCredentialsStatus: (askForOwn) =>
      createCredentialsStatus({ now: clock.now, emit, tenant: name, clientId: client.id, askForOwn }),
    clock,
    random,
    callTimeoutMs: deadlines.callMs,
    maxLate: config.limits.concurrency,
  });
  const management = createManagement(config, deps, { http, gate });

  return {
    name,
    url,
    clientId: client.id,
    scope,
    isDenied: createDenyList(config.deny),
    origins: config.origins,
    tokenClient,
    administration: management && createUserAdministration(management),
    get healthy() {
      return tokenClient.healthy && management?.accepted !== false;
    },
    get state() {
      const { state } = tokenClient;
      return { ...state, clientRefused: state.clientRefused || management?.accepted === false };
    },
    async close() {
      await gate.close();
      await http.close();
    },
  };
}

/** The way to the tenant's users and groups: through the same gate, with a circuit of its own. */
function createManagement(
  { name, mapping }: TenantConfig,
  { deadlines, emit, clock, random }: TenantDeps,
  { http, gate }: { http: QlikHttp; gate: Gate },
): ManagementClient | undefined {
  if (mapping.by !== 'lookup' && mapping.by !== 'provision') return undefined;
  const { id, secret } = mapping.managementClient;
  return createManagementClient({
    http,
    authentication: withClientSecret(id, secret),
    calls: createTenantCalls({ gate, clock, random, callTimeoutMs: deadlines.managementCallMs }),
    circuit: createCircuit({ now: clock.now, random, emit, tenant: name, client: 'management' }),
    clock,
    emit,
    tenant: name,
    clientId: id,
  });
}

function authenticate(client: ClientConfig, url: string, http: QlikHttp): ClientAuthentication {
  if ('secret' in client) return withClientSecret(client.id, client.secret);
  return withPrivateKey({
    clientId: client.id,
    key: client.privateKey,
    keyId: client.keyId,
    tokenEndpoint: `${url}/oauth/token`,
    tenantNow: http.tenantNow,
  });
}
