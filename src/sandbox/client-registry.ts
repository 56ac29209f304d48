import { generateSecret } from './client-secrets.ts';
import { newObjectId } from './ids.ts';
import type { AuthMethod, Client, ClientKey, User } from './model.ts';
import type { State } from './state.ts';

/** What is said about a client when it is created; the rest has defaults. */
export interface ClientDefinition {
  clientId: string;
  clientName: string;
  appType: string;
  ownerId: string;
  description?: string;
  clientUri?: string;
  logoUri?: string;
  jwksUri?: string;
  allowedScopes?: string[];
  allowedGrantTypes?: string[];
  redirectUris?: string[];
  allowedOrigins?: string[];
  allowedAuthMethods?: AuthMethod[];
  publicKeys?: ClientKey[];
  consentMethod?: 'required' | 'trusted';
}

/**
 * Adds a client and the bot user that it acts as, and answers the client's first secret: it is shown here and
 * never again. Like every machine-to-machine client's bot, this one is a TenantAdmin; what it may really do is
 * cut down by the scopes of its client.
 */
export function registerClient(
  state: State,
  definition: ClientDefinition,
  createdAt: string,
): { client: Client; clientSecret: string } {
  const { clientSecret, record } = generateSecret(definition.ownerId, createdAt);
  const publicKeys = definition.publicKeys ?? [];
  const client: Client = {
    clientId: definition.clientId,
    clientName: definition.clientName,
    appType: definition.appType,
    description: definition.description ?? '',
    clientUri: definition.clientUri ?? '',
    logoUri: definition.logoUri ?? '',
    jwksUri: definition.jwksUri ?? '',
    allowedScopes: definition.allowedScopes ?? [],
    allowedGrantTypes: definition.allowedGrantTypes ?? [],
    redirectUris: definition.redirectUris ?? [],
    allowedOrigins: definition.allowedOrigins ?? [],
    allowedAuthMethods: definition.allowedAuthMethods ?? defaultAuthMethods(publicKeys),
    publicKeys,
    secrets: [record],
    consentMethod: definition.consentMethod ?? 'required',
    ownerId: definition.ownerId,
    createdAt,
  };
  state.clients.set(client.clientId, client);
  const bot = botOf(client, createdAt);
  state.users.set(bot.id, bot);
  return { client, clientSecret };
}

/** Removes a client and its bot user. Tokens that were issued to it are refused from then on. */
export function removeClient(state: State, client: Client): void {
  state.clients.delete(client.clientId);
  const bot = botUser(state, client);
  if (bot) state.users.delete(bot.id);
}

/** The user that a client's own tokens act as; undefined when somebody deleted it. */
export function botUser(state: State, client: Client): User | undefined {
  for (const user of state.users.values()) if (user.clientId === client.clientId) return user;
  return undefined;
}

function defaultAuthMethods(publicKeys: ClientKey[]): AuthMethod[] {
  return publicKeys.length > 0 ? ['client_secret', 'private_key_jwt'] : ['client_secret'];
}

function botOf(client: Client, createdAt: string): User {
  return {
    id: newObjectId(),
    subject: `qlikbot\\${client.clientId}`,
    name: client.clientName,
    clientId: client.clientId,
    status: 'active',
    roles: ['TenantAdmin'],
    groupIds: [],
    createdAt,
    lastUpdatedAt: createdAt,
  };
}
