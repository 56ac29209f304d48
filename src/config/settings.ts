import type { ConfigFile } from './config-file.ts';
import { headerName, headerSecret, optionalHeaderName } from './header-kinds.ts';
import {
  certificates,
  cidr,
  count,
  duration,
  filePath,
  flag,
  issuer,
  jwksUrl,
  type Kind,
  landing,
  list,
  oneOf,
  origin,
  port,
  privateKey,
  publicUrl,
  rate,
  scope,
  secret,
  tenantUrl,
  text,
} from './kinds.ts';
import { publicKeys } from './public-keys.ts';

import { aesKey, keyPrefix, redisUrl, sentinel } from './redis-kinds.ts';

/** One setting: how it is written, what holds without it, and what it is for. */
export interface Setting<T = unknown> {
  readonly kind: Kind<T>;
  /** As it would be written in the environment; `$PORT` stands for the port in force. */
  readonly default?: string;
  readonly required?: true;
  /** The value can also be put into a file whose path is in `<NAME>_FILE`. */
  readonly fromFile?: true;
  /** What the file holds that it names is wanted: a `ConfigFile`. */
  readonly namesFile?: true;
  /** For operators, in Markdown. */
  readonly doc: string;
}

/** Every setting, in the order in which the documentation shows them. */
export const settingsTable = {
  Listening: {
    PORT: { kind: port, default: '3000', doc: 'Port of the service.' },
    HOST: { kind: text, default: '127.0.0.1', doc: 'Address to listen on.' },
    PUBLIC_URL: {
      kind: publicUrl,
      default: 'http://localhost:$PORT',
      doc: 'What the browser sees, and the only source of the absolute URLs and cookie attributes that the service writes: with `https`, cookies are `Secure` and named `__Host-…`, wherever TLS ends. With a path, all routes live under it. Must be `https` when `NODE_ENV` is `production`.',
    },
    POST_LOGOUT_URL: {
      kind: landing,
      default: '/',
      doc: 'Where a sign-out ends: a form’s, and one that goes through the identity provider, where it must be registered as an absolute URL. With `PORTAL_AUTH=proxy`: the gateway’s own sign-out.',
    },
    ALLOWED_ORIGINS: {
      kind: list(origin),
      default: '',
      doc: 'Origins other than that of `PUBLIC_URL` whose pages may call. Compared exactly: scheme, host and port. In production https only.',
    },
    TRUSTED_PROXIES: {
      kind: list(cidr),
      default: '',
      doc: "Proxies whose `X-Forwarded-For` is believed: together at most half of all addresses. Without it, the peer's address is the client's. With `PORTAL_AUTH=proxy`: the gateway.",
    },
    ADMIN_PORT: {
      kind: port,
      default: '9464',
      doc: 'Port of the operators’ listener: metrics, and [calls that end sessions and tokens](admin-api.md).',
    },
    ADMIN_HOST: {
      kind: text,
      default: '127.0.0.1',
      doc: 'Address of the operators’ listener. On any but a loopback address one of the two tokens is required.',
    },
    ADMIN_TOKEN: {
      kind: secret(32),
      fromFile: true,
      doc: 'Bearer token for every call of the operators’ listener; without it there are only metrics.',
    },
    ADMIN_METRICS_TOKEN: {
      kind: secret(32),
      fromFile: true,
      doc: 'Bearer token that reads metrics and does nothing else, for Prometheus. With either token, metrics need one.',
    },
    NODE_ENV: {
      kind: text,
      default: '',
      doc: '`production` refuses what is only fit for one’s own machine.',
    },
    SHUTDOWN_DELAY: {
      kind: duration,
      default: '0s',
      doc: 'How long `/readyz` says 503 after SIGTERM before the service stops accepting connections.',
    },
    SHUTDOWN_TIMEOUT: {
      kind: duration,
      default: '20s',
      doc: 'The process ends this long after SIGTERM, whatever is still in flight.',
    },
    LOG_LEVEL: {
      kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      default: 'info',
      doc: 'The least severe entries that are logged.',
    },
  },
  'Qlik Cloud': {
    QLIK_TENANT_URL: {
      kind: tenantUrl,
      required: true,
      doc: 'The tenant. `http:` only for a sandbox on loopback, outside of production.',
    },
    QLIK_CLIENT_ID: {
      kind: text,
      required: true,
      doc: 'The OAuth client that may impersonate users, with trusted consent.',
    },
    QLIK_CLIENT_SECRET: { kind: secret(), fromFile: true, doc: 'Its secret; or else a private key:' },
    QLIK_CLIENT_PRIVATE_KEY: {
      kind: privateKey,
      fromFile: true,
      doc: 'Key with which the client signs assertions (`private_key_jwt`), instead of a secret.',
    },
    QLIK_CLIENT_KEY_ID: {
      kind: text,
      doc: 'The `kid` under which the public key is registered at the tenant.',
    },
    QLIK_SCOPE: { kind: scope, default: 'user_default', doc: 'Scope of the tokens.' },
    QLIK_CA: { kind: certificates, fromFile: true, doc: 'CA certificates to trust besides the usual ones.' },
    QLIK_ADMIN_CLIENT_ID: {
      kind: text,
      doc: 'The machine-to-machine OAuth client that finds, creates and groups users; for `USER_MAPPING=lookup` and `provision` only.',
    },
    QLIK_ADMIN_CLIENT_SECRET: { kind: secret(), fromFile: true, doc: 'Its secret.' },
    TENANT_CONCURRENCY: {
      kind: count,
      default: '8',
      doc: 'Calls to the tenant at once, of all replicas together.',
    },
    TENANT_BUDGET: {
      kind: rate,
      default: '90/min',
      doc: 'Calls of Qlik Cloud’s tier 2 (100 a minute): tokens minted and revoked, users created and changed; of all replicas together.',
    },
  },
  'Portal sign-in': {
    PORTAL_AUTH: {
      kind: oneOf('oidc', 'proxy', 'assertion', 'demo'),
      required: true,
      doc: '`oidc`: an OpenID Connect provider. `proxy`: a gateway in front of the service, by headers. `assertion`: a short-lived JWT that the portal signed. `demo`: a page to pick a user from, for one’s own machine. Refused with `NODE_ENV=production`, and unless `HOST` is loopback.',
    },
    DEMO_USERS: {
      kind: filePath,
      namesFile: true,
      doc: 'JSON file of the users to pick from: `[{ "id", "name", "email", "groups" }]`; further members are claims. Without it, those of the sandbox.',
    },
    OIDC_ISSUER: {
      kind: issuer,
      doc: 'With `PORTAL_AUTH=oidc`: the identity provider, spelt as it spells its own `issuer`. `http:` only on loopback, outside of production.',
    },
    OIDC_CLIENT_ID: { kind: text, doc: 'The client that is registered there for this service.' },
    OIDC_CLIENT_SECRET: { kind: secret(), fromFile: true, doc: 'Its secret.' },
    OIDC_SCOPE: {
      kind: scope,
      default: 'openid profile email',
      doc: 'What the provider is asked for; `openid` is one of them.',
    },
    PROXY_SECRET: {
      kind: headerSecret,
      fromFile: true,
      doc: 'With `PORTAL_AUTH=proxy`: what only the gateway knows. Without it and an address in `TRUSTED_PROXIES` no header below is read.',
    },
    PROXY_SECRET_HEADER: {
      kind: headerName,
      default: 'x-proxy-secret',
      doc: 'The header in which the gateway sends it.',
    },
    PROXY_USER_HEADER: {
      kind: headerName,
      default: 'x-forwarded-user',
      doc: 'The header that identifies the user, for ever. The gateway must overwrite or remove what a client sends in this header and in each of the next four, of which those that are set to `none` are not read.',
    },
    PROXY_EMAIL_HEADER: {
      kind: optionalHeaderName,
      default: 'x-forwarded-email',
      doc: 'The header with the e-mail, which counts only with `TRUST_EMAIL=true`.',
    },
    PROXY_NAME_HEADER: {
      kind: optionalHeaderName,
      default: 'x-forwarded-name',
      doc: 'The header with the name to show.',
    },
    PROXY_GROUPS_HEADER: {
      kind: optionalHeaderName,
      default: 'x-forwarded-groups',
      doc: 'The header with the groups, separated by commas; a comma alone says that there are none.',
    },
    PROXY_TENANT_HEADER: {
      kind: optionalHeaderName,
      default: 'x-forwarded-tenant',
      doc: 'The header that names the user’s tenant, by URL or host name: whoever is named with another one gets nothing.',
    },
    ASSERTION_ISSUER: { kind: text, doc: 'With `PORTAL_AUTH=assertion`: the `iss` of the assertions.' },
    ASSERTION_AUDIENCE: {
      kind: text,
      doc: 'Their `aud`, or one of it. A name for this service that the portal uses for nothing else, such as `PUBLIC_URL`.',
    },
    ASSERTION_JWKS_URL: {
      kind: jwksUrl,
      doc: 'Where the portal publishes its keys. `http:` only on loopback, outside of production.',
    },
    ASSERTION_PUBLIC_KEY: {
      kind: publicKeys,
      fromFile: true,
      doc: 'Or else the keys themselves. Each verifies; a second one is for the time of a rotation.',
    },
    CLAIM_ID: {
      kind: text,
      default: 'sub',
      doc: 'The claim that identifies the user, for ever. When it is the claim of the e-mail, it counts only as `CLAIM_EMAIL` does.',
    },
    CLAIM_EMAIL: {
      kind: text,
      default: 'email',
      doc: 'The claim with the e-mail, which counts only together with `email_verified: true`.',
    },
    CLAIM_NAME: { kind: text, default: 'name', doc: 'The claim with the name to show.' },
    CLAIM_GROUPS: {
      kind: text,
      default: 'groups',
      doc: 'The claim with the groups, an array of texts. Without it they are unknown, and nothing is done about them.',
    },
    TRUST_EMAIL: {
      kind: flag,
      default: 'false',
      doc: '`true`: an e-mail counts without `email_verified`. Only for providers, and gateways, where nobody can set another’s address.',
    },
    RATE_LIMIT_SIGN_IN: {
      kind: rate,
      default: '30/min',
      doc: 'With `PORTAL_AUTH=oidc`: sign-ins of one client address, or /64 of IPv6, that cost the provider a call and failed, at each replica. Beyond that, ways back from there that prove nothing get 429; nobody who brings the state of this browser is refused.',
    },
  },
  Sessions: {
    SESSION_SECRET: {
      kind: list(secret(32)),
      required: true,
      fromFile: true,
      doc: 'Signs the session cookie, and seals that of a sign-in under way. A list: the first signs, all verify. Rotated as `STORE_KEY` is; a single replica can begin with the second step.',
    },
    SESSION_IDLE_TIMEOUT: {
      kind: duration,
      default: '30m',
      doc: 'A session ends when unused for this long.',
    },
    SESSION_LIFETIME: { kind: duration, default: '10h', doc: 'A session ends this long after the sign-in.' },
    SESSIONS_PER_USER: {
      kind: count,
      default: '20',
      doc: 'Sessions that a portal user may have at once. Each further sign-in ends the oldest.',
    },
    SESSION_SAME_SITE: {
      kind: oneOf('lax', 'strict', 'none'),
      default: 'lax',
      doc: '`SameSite` of the session cookie. `none`, for pages of another site: with https and `PORTAL_AUTH=assertion` only; the cookie is then also `Partitioned`.',
    },
  },
  'Several replicas': {
    REDIS_URL: {
      kind: redisUrl,
      fromFile: true,
      doc: 'Where replicas share sessions: a Redis 7 or later, or Valkey, without eviction. Without it, a replica keeps them in its memory, and must be the only one. Must be `rediss:` (TLS) when `NODE_ENV` is `production`, unless Redis is on this machine and no Sentinels can lead elsewhere.',
    },
    REDIS_SENTINELS: {
      kind: list(sentinel),
      fromFile: true,
      doc: 'Sentinels that know which Redis is the primary. The host in `REDIS_URL` does not count then; its scheme, which is also that of the Sentinels, user, password and database do.',
    },
    REDIS_SENTINEL_NAME: { kind: text, doc: 'The name under which the Sentinels watch it.' },
    REDIS_CA: {
      kind: certificates,
      fromFile: true,
      doc: 'CA certificates to trust besides the usual ones, with `rediss:`.',
    },
    REDIS_KEY_PREFIX: {
      kind: keyPrefix,
      default: 'qtb:',
      doc: 'Before all keys and channels in Redis, and what an ACL can be limited to. Deployments that share a Redis have one each; none reads another’s records in any case.',
    },
    STORE_KEY: {
      kind: list(aesKey),
      fromFile: true,
      doc: 'Seals what is kept in Redis (AES-256-GCM); required with `REDIS_URL`. A list: the first seals, each opens. To rotate: first put a new one behind the old one on every replica, then in front of it; drop the old one after `SESSION_LIFETIME`.',
    },
  },
  'Which Qlik user': {
    USER_MAPPING: {
      kind: oneOf('subject', 'claim', 'table', 'lookup', 'provision'),
      default: 'subject',
      doc: '`subject`: the portal user’s id is the Qlik subject. `claim`: `USER_CLAIM` holds the Qlik user id. `table`: `USER_TABLE` says. `lookup`: the tenant is asked, by subject or verified e-mail. `provision`: the same, and who is not there is created; groups are kept in step.',
    },
    USER_CLAIM: { kind: text, doc: 'The claim of the portal user that holds the Qlik user id.' },
    USER_TABLE: {
      kind: filePath,
      namesFile: true,
      doc: 'CSV or JSON (by its ending) with `portal_user` and exactly one of `qlik_user_id` and `qlik_subject`. Read again when it changes; when the new one is broken, or lost more than a fifth of its rows, the old one stays in force.',
    },
    USER_REMEMBER: {
      kind: duration,
      default: '15m',
      doc: 'With `lookup` and `provision`: how long a user who was found is remembered before the tenant is asked again, behind an answer.',
    },
    USER_DENY: {
      kind: list(text),
      default: '',
      doc: 'Qlik users, by id or subject, that are never impersonated. Compared without case, before the mint and again with the minted token, whatever the mapping knows. Subjects `qlikbot\\…` are always denied.',
    },
  },
  Tokens: {
    TOKEN_CACHE_MAX: { kind: count, default: '100000', doc: 'Users whose token is cached.' },
    TOKEN_REFRESH_BEFORE: {
      kind: duration,
      default: '10m',
      doc: 'A token with less left (jittered inside that span) is renewed behind the answer.',
    },
    TOKEN_MIN_REMAINING: {
      kind: duration,
      default: '60s',
      doc: 'A token with less left is never handed out.',
    },
    TOKEN_REPLACE_COOLDOWN: {
      kind: duration,
      default: '30s',
      doc: 'When a page says that its token was rejected, the tenant is asked at most once in this time per user; from 1s to 24d.',
    },
    TOKEN_DEADLINE: { kind: duration, default: '8s', doc: '`/qlik-token` has answered after this time.' },
    RATE_LIMIT_MINT: {
      kind: rate,
      default: '6/min',
      doc: 'Tokens minted for one portal user, of all replicas together. Whoever signs in and out in a loop leaves the tenant’s budget to others.',
    },
    RATE_LIMIT_TOKEN: {
      kind: rate,
      default: '600/min',
      doc: 'Calls of `/qlik-token` in one session, at each replica.',
    },
  },
} as const satisfies Record<string, Record<string, Setting>>;

type Table = typeof settingsTable;
type Flat = { [G in keyof Table]: (entry: Table[G]) => void }[keyof Table] extends (entry: infer I) => void
  ? I
  : never;
type Value<S> = S extends { namesFile: true }
  ? ConfigFile | undefined
  : S extends { kind: Kind<infer T> }
    ? S extends { required: true } | { default: string }
      ? T
      : T | undefined
    : never;

/** The settings in force, under the names that operators know. Durations are in milliseconds. */
export type Settings = { readonly [Name in keyof Flat]: Value<Flat[Name]> };

export type SettingName = keyof Settings;

/** The table without its headings. */
export const settings: ReadonlyMap<string, Setting> = new Map(
  Object.values(settingsTable).flatMap((group) => Object.entries<Setting>(group)),
);
