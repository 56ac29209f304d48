import type { FastifyInstance } from 'fastify';
import { authenticateClient, presentedCredentials } from '../client-authentication.ts';
import { botUser } from '../client-registry.ts';
import { badRequest, httpError, QlikError } from '../errors.ts';
import { exchangeOf } from '../exchange.ts';
import { merged } from '../merge.ts';
import type { Client, User } from '../model.ts';
import type { Tenant } from '../tenant.ts';
import {
  type TokenRequest,
  tokenRequestSchema,
  type UserLookup,
  withNestedLookup,
} from '../token-request.ts';
import type { TokenGrant } from '../tokens.ts';

const IMPERSONATION = 'urn:qlik:oauth:user-impersonation';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ACCESS_LIFETIME_SECONDS = 21_600;
const EXCHANGED_LIFETIME_SECONDS = 300;

type Issue = Pick<TokenGrant, 'user' | 'client' | 'scope' | 'lifetimeSeconds' | 'purpose' | 'parent'>;

/**
 * `POST /oauth/token`, JSON or form. Undocumented at Qlik, and decided here so that a caller learns as little as
 * plausible: bad credentials, an unknown user and a scope that the client does not have are one and the same 401;
 * a disabled user, a client without trusted consent and one without the grant are one and the same 403. A user
 * who is merely invited or provisioned can be impersonated. The bot of a client can be, too.
 */
export function registerToken(app: FastifyInstance, tenant: Tenant): void {
  app.post<{ Body: TokenRequest; Headers: { origin?: string } }>(
    '/oauth/token',
    {
      preValidation: async (request) => {
        request.body = withNestedLookup(request.body) as TokenRequest;
      },
      schema: { body: tokenRequestSchema },
    },
    async (request, reply) => {
      const { body, headers } = request;
      const exchange = exchangeOf(request);
      let issue: Issue;
      if (body.grant_type === TOKEN_EXCHANGE) {
        issue = await exchangedGrant(tenant, body, headers.origin);
      } else {
        const presented = presentedCredentials(headers.authorization, body);
        const client = await authenticateClient(presented, tenant.state.clients, tenant.assertions);
        exchange.client = client;
        issue = clientGrant(tenant, client, body);
      }
      exchange.client = issue.client;
      reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
      return issueAnswer(tenant, issue, exchange.effects);
    },
  );
}

/** The grants in which a client proves that it is itself. */
function clientGrant(tenant: Tenant, client: Client, body: TokenRequest): Issue {
  const grant = body.grant_type;
  if (grant !== 'client_credentials' && grant !== IMPERSONATION)
    throw badRequest('grant_type is not supported');
  if (!client.allowedGrantTypes.includes(grant)) throw httpError(403);
  const scope = grantedScope(client, body.scope);
  const user =
    grant === IMPERSONATION ? impersonated(tenant, client, body.user_lookup) : botUser(tenant.state, client);
  if (!user) throw httpError(401);
  return { user, client, scope, lifetimeSeconds: ACCESS_LIFETIME_SECONDS };
}

function impersonated(tenant: Tenant, client: Client, lookup: UserLookup | undefined): User | undefined {
  if (!lookup) throw badRequest('user_lookup is missing');
  if (client.consentMethod !== 'trusted') throw httpError(403);
  const user = findUser(tenant, lookup);
  if (user?.status === 'disabled') throw httpError(403);
  return user;
}

function findUser(tenant: Tenant, { field, value }: UserLookup): User | undefined {
  if (field === 'userId') return tenant.state.users.get(value);
  for (const user of tenant.state.users.values()) if (user.subject === value) return user;
  return undefined;
}

function grantedScope(client: Client, requested: string | undefined): string {
  if (!requested) return client.allowedScopes.join(' ');
  const scopes = requested.split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0 || !scopes.every((scope) => client.allowedScopes.includes(scope)))
    throw httpError(401);
  return scopes.join(' ');
}

/**
 * What the browser does with a user's token before it opens a WebSocket or fetches an image: no secret, but the
 * page's origin must be one that the client allows. How long an exchanged token lives is undocumented; here five
 * minutes, and it serves its purpose only.
 */
async function exchangedGrant(
  tenant: Tenant,
  body: TokenRequest,
  origin: string | undefined,
): Promise<Issue> {
  const { subject_token: subjectToken, subject_token_type: type, purpose, client_id: clientId } = body;
  if (
    subjectToken === undefined ||
    type !== ACCESS_TOKEN ||
    purpose === undefined ||
    clientId === undefined
  ) {
    throw badRequest('subject_token, subject_token_type, purpose and client_id are needed');
  }
  const parent = await tenant.tokens.verify(subjectToken);
  const client = parent && tenant.state.clients.get(parent.clientId);
  const user = parent && tenant.state.users.get(parent.userId);
  if (!client || !user || user.status === 'disabled' || client.clientId !== clientId) {
    throw new QlikError(401, 'OAUTH-5', 'Token exchange was refused');
  }
  if (origin === undefined || !client.allowedOrigins.includes(origin)) {
    throw new QlikError(401, 'OAUTH-29', 'Invalid Origin header');
  }
  const scope = parent.scopes.join(' ');
  return { user, client, scope, lifetimeSeconds: EXCHANGED_LIFETIME_SECONDS, purpose, parent };
}

async function issueAnswer(
  tenant: Tenant,
  issue: Issue,
  effects: readonly { type: string; patch?: Record<string, unknown> }[],
): Promise<string> {
  const patches = (type: string) =>
    effects.filter((effect) => effect.type === type).map((effect) => effect.patch ?? {});
  const groups = issue.user.groupIds.flatMap((id) => tenant.state.groups.get(id)?.name ?? []);
  const claims = Object.assign({}, ...patches('jwtClaims'));
  const { token, issuedAtSeconds } = await tenant.tokens.issue({ ...issue, groups, claims });
  const answer = {
    access_token: token,
    token_type: 'bearer',
    scope: issue.scope,
    expires_at: new Date((issuedAtSeconds + issue.lifetimeSeconds) * 1000).toISOString(),
    expires_in: issue.lifetimeSeconds,
  };
  const json = JSON.stringify(patches('tokenAnswer').reduce(merged, answer));
  if (!effects.some((effect) => effect.type === 'duplicateKeys')) return json;
  const broken = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.alloc(96).toString('base64url')}`;
  return json.replace(/\}$/, `,"access_token":${JSON.stringify(broken)}}`);
}
