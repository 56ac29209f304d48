import type { Settings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../observability/log.ts';
import {
  type ClientAuthentication,
  withClientSecret,
  withPrivateKey,
} from '../qlik/client-authentication.ts';
import { createQlikHttp, type QlikHttp } from '../qlik/http.ts';
import { createTokenIssuer } from '../qlik/oauth/token-issuer.ts';
import type { CallLimits, CallLimitsOptions } from '../store/call-limits.ts';
import type { Tenant } from '../token/token-key.ts';
import { createGate } from './admission/gate.ts';
import type { Gate } from './admission/ticket.ts';
import { createTenantCalls } from './calls.ts';
import { createCircuit } from './circuit.ts';
import { createCredentialsStatus } from './credentials-status.ts';
import { createManagementClient } from './management-client.ts';
import { createTokenClient, type TokenClient } from './token-client.ts';
import { createUserAdministration, type UserAdministration } from './user-administration.ts';

/** A tenant and the one way to it. */
export interface TenantConnection {
  readonly tenant: Tenant;
  readonly gateway: TokenClient;
  /** When the settings name a management client. */
  readonly management: Management | undefined;
  close(): Promise<void>;
}

/** What the management client is for, and whether the tenant takes it. */
export interface Management {
  readonly administration: UserAdministration;
  readonly accepted: () => boolean;
}

export interface TenantConnectionDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** What all replicas keep to together in their calls to this tenant. */
  readonly createCallLimits: (tenantUrl: string, options: CallLimitsOptions) => CallLimits;
}

/** Part of `TOKEN_DEADLINE` that a single call to the tenant may take: its failure can then still be answered. */
const CALL_SHARE = 0.75;
/** The same for a call to the users and groups APIs: a mint has to follow. */
const MANAGEMENT_CALL_SHARE = 0.4;
/** After this multiple of `TOKEN_DEADLINE` every call has ended, or the replica that made it is gone. */
const PERMIT_SHARE = 1.25;

/** Everything between the token service and the tenant of the `QLIK_*` settings. Connects at the first call. */
export function connectTenant(deps: TenantConnectionDeps): TenantConnection {
  const { settings, log, clock, random } = deps;
  const tenant: Tenant = {
    url: settings.QLIK_TENANT_URL,
    clientId: settings.QLIK_CLIENT_ID,
    scope: settings.QLIK_SCOPE,
  };
  const facts = { tenant: tenant.url };
  const http = createQlikHttp({
    tenantUrl: tenant.url,
    ca: settings.QLIK_CA,
    connections: settings.TENANT_CONCURRENCY,
    now: clock.now,
  });

  const circuit = createCircuit({
    now: clock.now,
    random,
    onChange: (change) => log.warn({ ...facts, ...change }, 'the tenant’s circuit changed'),
  });
  const gate = createGate({
    clock,
    circuit,
    limits: deps.createCallLimits(tenant.url, {
      concurrency: settings.TENANT_CONCURRENCY,
      rate: settings.TENANT_BUDGET,
      permitMs: Math.ceil(settings.TOKEN_DEADLINE * PERMIT_SHARE),
    }),
    onThrottled: (pauseMs) => log.warn({ ...facts, pauseMs }, 'the tenant throttles us'),
  });
  const standing = createCredentialsStatus({
    now: clock.now,
    onChange: (change) =>
      log.error(
        { ...facts, clientId: tenant.clientId, ...change },
        'the tenant’s opinion of our client changed',
      ),
  });
  const gateway = createTokenClient({
    issuer: createTokenIssuer({
      http,
      authentication: clientAuthentication(settings, http),
      scope: tenant.scope,
    }),
    gate,
    standing,
    clock,
    random,
    callTimeoutMs: settings.TOKEN_DEADLINE * CALL_SHARE,
  });
  return { tenant, gateway, management: connectManagement(deps, { http, gate }), close: http.close };
}

/** The way to the tenant's users and groups: through the same gate, with a circuit of its own. */
function connectManagement(
  { settings, log, clock, random }: TenantConnectionDeps,
  { http, gate }: { http: QlikHttp; gate: Gate },
): Management | undefined {
  const clientId = settings.QLIK_ADMIN_CLIENT_ID;
  const clientSecret = settings.QLIK_ADMIN_CLIENT_SECRET;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const facts = { tenant: settings.QLIK_TENANT_URL, clientId };
  const api = createManagementClient({
    http,
    authentication: withClientSecret(clientId, clientSecret),
    calls: createTenantCalls({
      gate,
      clock,
      random,
      callTimeoutMs: settings.TOKEN_DEADLINE * MANAGEMENT_CALL_SHARE,
    }),
    circuit: createCircuit({
      now: clock.now,
      random,
      onChange: (change) => log.warn({ ...facts, ...change }, 'the circuit of the users API changed'),
    }),
    clock,
    onChange: (change) =>
      log.error({ ...facts, ...change }, 'the tenant’s opinion of our management client changed'),
  });
  return { administration: createUserAdministration(api), accepted: () => api.accepted };
}

function clientAuthentication(settings: Settings, http: QlikHttp): ClientAuthentication {
  const clientId = settings.QLIK_CLIENT_ID;
  if (settings.QLIK_CLIENT_SECRET) return withClientSecret(clientId, settings.QLIK_CLIENT_SECRET);
  return withPrivateKey({
    clientId,
    key: settings.QLIK_CLIENT_PRIVATE_KEY as NonNullable<Settings['QLIK_CLIENT_PRIVATE_KEY']>,
    keyId: settings.QLIK_CLIENT_KEY_ID as string,
    tokenEndpoint: `${settings.QLIK_TENANT_URL}/oauth/token`,
    tenantNow: http.tenantNow,
  });
}
