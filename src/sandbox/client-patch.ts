import type { JWK } from 'jose';
import { badRequest } from './errors.ts';
import type { AuthMethod, Client } from './model.ts';
import { acceptPublicKeys } from './public-keys.ts';

/** The attributes of a client that can be set when it is created and patched afterwards. */
export type ClientSettings = Pick<
  Client,
  | 'allowedOrigins'
  | 'clientName'
  | 'clientUri'
  | 'description'
  | 'logoUri'
  | 'redirectUris'
  | 'allowedScopes'
  | 'allowedGrantTypes'
  | 'publicKeys'
  | 'allowedAuthMethods'
  | 'jwksUri'
>;

/** One operation of `PATCH /oauth-clients/{id}` (RFC 6902). */
export interface ClientOperation {
  op: 'add' | 'remove' | 'replace';
  path: `/${keyof ClientSettings}`;
  value?: unknown;
}

const GRANTS = ['client_credentials', 'urn:qlik:oauth:user-impersonation'];
const AUTH_METHODS = ['client_secret', 'private_key_jwt'];

type Readers = { [Key in keyof ClientSettings]: (value: unknown) => ClientSettings[Key] };

const READERS: Readers = {
  clientName: (value) => text(value, 'clientName') || refuse('clientName is empty'),
  clientUri: (value) => text(value, 'clientUri'),
  description: (value) => text(value, 'description'),
  logoUri: (value) => text(value, 'logoUri'),
  jwksUri: (value) => text(value, 'jwksUri'),
  redirectUris: (value) => texts(value, 'redirectUris', URL.canParse),
  allowedOrigins: (value) => texts(value, 'allowedOrigins', isOrigin),
  allowedScopes: (value) => texts(value, 'allowedScopes', (scope) => /^[\w.:-]+$/.test(scope)),
  allowedGrantTypes: (value) => texts(value, 'allowedGrantTypes', (grant) => GRANTS.includes(grant)),
  allowedAuthMethods: (value) =>
    texts(value, 'allowedAuthMethods', (method) => AUTH_METHODS.includes(method)) as AuthMethod[],
  publicKeys: (value) => acceptPublicKeys(keys(value)),
};

/** What `PATCH /oauth-clients/{id}` takes: a list of operations over the attributes that Qlik lists. */
export const clientPatchSchema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: {
      op: { enum: ['add', 'remove', 'replace'] },
      path: { enum: Object.keys(READERS).map((key) => `/${key}`) },
    },
  },
};

/**
 * Reads the settings that are present in the body of a creation. Throws a `QlikError` (400) for a wrong value.
 * Allowed origins are taken for every `appType`: whether Qlik restricts them is undocumented.
 */
export function readClientSettings(body: Record<string, unknown>): Partial<ClientSettings> {
  const settings: Partial<ClientSettings> = {};
  for (const key of Object.keys(READERS) as (keyof ClientSettings)[]) {
    if (body[key] !== undefined) Object.assign(settings, { [key]: READERS[key](body[key]) });
  }
  return settings;
}

/**
 * The settings after all operations, or a `QlikError` (400) and none of them. `add` to an existing attribute
 * replaces it (RFC 6902, section 4.1); `remove` empties it.
 */
export function patchedSettings(
  client: Client,
  operations: readonly ClientOperation[],
): Partial<ClientSettings> {
  const settings: Partial<ClientSettings> = {};
  for (const { op, path, value } of operations) {
    const key = path.slice(1) as keyof ClientSettings;
    const empty = typeof client[key] === 'string' ? '' : [];
    Object.assign(settings, { [key]: READERS[key](op === 'remove' ? empty : value) });
  }
  return settings;
}

function text(value: unknown, name: string): string {
  return typeof value === 'string' ? value : refuse(`${name} is text`);
}

function texts(value: unknown, name: string, accepts: (entry: string) => boolean): string[] {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string' && accepts(entry));
  return isList ? [...(value as string[])] : refuse(`${name} is a list, and this is not what it holds`);
}

function keys(value: unknown): JWK[] {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null);
  return isList ? (value as JWK[]) : refuse('publicKeys is a list of keys');
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

function refuse(detail: string): never {
  throw badRequest(detail);
}
