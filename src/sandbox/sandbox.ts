import { setMaxListeners } from 'node:events';
import { type AddressInfo, isIPv6 } from 'node:net';
import formbody from '@fastify/formbody';
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { JWK } from 'jose';
import { type CallLog, createCallLog } from './call-log.ts';
import { createClientAssertions } from './client-assertion.ts';
import { type ClientDefinition, registerClient } from './client-registry.ts';
import { registerCors } from './cors.ts';
import { registerWebSockets } from './engine/web-sockets.ts';
import { errorBody, httpError, QlikError } from './errors.ts';
import { registerExchange } from './exchange.ts';
import { createFaults, type Faults } from './faults.ts';
import { isLoopback } from './loopback.ts';
import { acceptPublicKeys } from './public-keys.ts';
import { registerApi } from './routes/api.ts';
import { registerControl } from './routes/control.ts';
import { registerEmbedRuntime } from './routes/embed-runtime.ts';
import { registerOAuth } from './routes/oauth.ts';
import { registerWellKnown } from './routes/well-known.ts';
import seed from './seed.json' with { type: 'json' };
import { createState } from './state.ts';
import type { Tenant } from './tenant.ts';
import { createTierLimit } from './tier-limit.ts';
import { createTokens } from './tokens.ts';
import { lazyValidators } from './validators.ts';

/** The credentials of an OAuth client; the secret is made at each start. */
export interface SandboxClient {
  clientId: string;
  clientSecret: string;
}

/** A person of the seed file. */
export interface SandboxUser {
  id: string;
  subject: string;
  name: string;
  email: string;
  /** `active`, or `disabled` for the one that the tenant refuses to impersonate. */
  status: string;
  /** Names of groups. */
  groups: string[];
}

/** How to start a sandbox; everything has a default. */
export interface SandboxOptions {
  /** A loopback address or `localhost` (default 127.0.0.1); anything else is refused. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Origins of the pages that may use the impersonation client's tokens (CORS); default none. */
  allowedOrigins?: string[];
  /** The tenant's clock in ms since epoch; its `Date` header follows. Default `Date.now`. */
  now?: () => number;
  /** Requests a minute to the APIs outside tier 2, for each user; default 1000. */
  tierOnePerMinute?: number;
  /** Requests a minute to the token endpoint and the other tier-2 endpoints together; default 100. */
  tierTwoPerMinute?: number;
  /** Public keys with which the impersonation client may sign its assertions; default none. */
  publicKeys?: JWK[];
}

/** A running emulated tenant. */
export interface Sandbox {
  /** Its address without a trailing slash, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Impersonates: `client_credentials` and user impersonation, scope `user_default`, trusted consent. */
  readonly impersonationClient: SandboxClient;
  /** Manages: `client_credentials` only, TenantAdmin, scopes `admin_classic` and `user_default`. */
  readonly managementClient: SandboxClient;
  /** The people of the seed file, the disabled one included. */
  readonly users: readonly SandboxUser[];
  readonly faults: Faults;
  readonly calls: CallLog;
  /** Closes every open WebSocket with this code, such as 4003: the engine ends, and clients come back. */
  closeWebSockets(code: number): void;
  /** Stops listening and destroys every connection, also those that hang by a fault. */
  close(): Promise<void>;
}

const BODY_LIMIT = 256 * 1024;

/**
 * Starts an emulated Qlik Cloud tenant and resolves when it listens. Its state is the seed file's and lives in
 * memory. Rejects when the host is not loopback or the port is taken.
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0, now = Date.now } = options;
  if (!isLoopback(host)) throw new Error(`the sandbox listens on loopback only, not on "${host}"`);
  let url = '';
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one per answer that is held back
  const state = createState();
  const tenant: Tenant = {
    url: () => url,
    now,
    state,
    tokens: await createTokens({ issuer: () => url, tenantId: state.tenant.id, now }),
    assertions: createClientAssertions({ audience: () => `${url}/oauth/token`, now }),
    faults: createFaults(now),
    calls: createCallLog(),
    tierOne: createTierLimit({ perMinute: options.tierOnePerMinute ?? 1000, now }),
    tierTwo: createTierLimit({ perMinute: options.tierTwoPerMinute ?? 100, now }),
    closing: closing.signal,
  };
  const { impersonation, management } = seed.clients;
  const impersonationClient = seedClient(tenant, {
    ...impersonation,
    allowedOrigins: options.allowedOrigins ?? [],
    publicKeys: acceptPublicKeys(options.publicKeys ?? []),
  });
  const managementClient = seedClient(tenant, management);

  const app = await createServer(tenant);
  const webSockets = registerWebSockets(app, tenant);
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  url = `http://${isIPv6(host) ? `[${host}]` : host}:${address.port}`;

  return {
    url,
    impersonationClient,
    managementClient,
    users: seed.users,
    faults: tenant.faults,
    calls: tenant.calls,
    closeWebSockets: webSockets.close,
    async close() {
      closing.abort();
      await app.close();
    },
  };
}

function seedClient(
  tenant: Tenant,
  definition: Omit<ClientDefinition, 'appType' | 'ownerId'>,
): SandboxClient {
  const { client, clientSecret } = registerClient(
    tenant.state,
    { ...definition, appType: 'web', ownerId: tenant.state.tenant.id, consentMethod: 'trusted' },
    tenant.state.tenant.createdAt,
  );
  return { clientId: client.clientId, clientSecret };
}

async function createServer(tenant: Tenant): Promise<FastifyInstance> {
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: BODY_LIMIT,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    schemaController: lazyValidators,
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      reply.code(400).send(errorBody(httpError(400))),
  });
  await app.register(formbody);
  acceptEmptyJson(app);
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const refusal = error instanceof QlikError ? error : httpError(error.statusCode ?? 500);
    return reply.code(refusal.status).headers(refusal.headers).send(errorBody(refusal));
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody(httpError(404))));
  registerExchange(app, tenant);
  registerCors(app, tenant);
  registerWellKnown(app, tenant);
  registerEmbedRuntime(app);
  app.register(async (scope) => registerOAuth(scope, tenant));
  app.register(async (scope) => registerApi(scope, tenant), { prefix: '/api/v1' });
  app.register(async (scope) => registerControl(scope, tenant), { prefix: '/sandbox' });
  return app;
}

/** Real clients send `content-type: application/json` with calls that have no body; Qlik does not mind. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parse(request, body as string, done);
  });
}
