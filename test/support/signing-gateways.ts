import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { TestContext } from 'node:test';
import { type KeyPage, startKeyPage } from './assertions.ts';
import { snippetsOf } from './snippets.ts';

type Json = Record<string, unknown>;

/** What a token says otherwise than usual; undefined takes a member away. */
export interface TokenChanges {
  readonly header?: Json;
  readonly claims?: Json;
  /** Signs instead of the gateway's own key. */
  readonly key?: KeyObject;
}

/** A gateway that signs as one of those of docs/sign-in-proxy.md does, and a server with its keys. */
export interface SigningGateway {
  /** The settings of the docs, but for where the keys are and from where the gateway calls. */
  readonly env: Record<string, string>;
  /** The header in which it sends its token. */
  readonly header: string;
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly keyPage: KeyPage;
  /** A token for somebody who is signed in there. */
  token(user: string, changes?: TokenChanges): string;
  /** What it adds to a request of somebody who is signed in there. */
  headers(user: string): Record<string, string>;
  /** From now on it signs with another key, and publishes that instead, or beside the old one. */
  changeKey(options?: { beside?: boolean }): void;
}

export type GatewayName = 'alb' | 'cloudflare' | 'google-iap' | 'any';

interface Kind {
  readonly algorithm: 'ES256' | 'RS256';
  readonly newKid: () => string;
  readonly header: (env: Record<string, string>, exp: number) => Json;
  readonly claims: (user: string, env: Record<string, string>, iat: number) => Json;
  /** Seconds. */
  readonly lifetime: number;
  /** Base64url with `=` at the end, and keys in PEM, each by itself. */
  readonly isAws?: true;
}

const hex = () => randomUUID().replaceAll('-', '');

const kinds: Record<GatewayName, Kind> = {
  alb: {
    algorithm: 'ES256',
    newKid: randomUUID,
    lifetime: 120,
    isAws: true,
    header: (env, exp) => ({
      iss: env.PROXY_JWT_ISSUER,
      client: env.PROXY_JWT_CLIENT,
      signer: env.PROXY_JWT_AUDIENCE,
      exp,
    }),
    claims: (user, env, iat) => ({
      sub: user,
      email_verified: 'true',
      name: `${user} Doe +/=-_`,
      email: `${user}@example.com`,
      username: user,
      exp: iat + 120,
      iss: env.PROXY_JWT_ISSUER,
    }),
  },
  cloudflare: {
    algorithm: 'RS256',
    newKid: () => hex() + hex(),
    lifetime: 86_400,
    header: () => ({}),
    claims: (user, env, iat) => ({
      aud: [env.PROXY_JWT_AUDIENCE],
      email: `${user}@example.com`,
      exp: iat + 86_400,
      iat,
      nbf: iat,
      iss: env.PROXY_JWT_ISSUER,
      type: 'app',
      identity_nonce: '6ei69kawdKzMIAPF',
      sub: user,
      country: 'SE',
    }),
  },
  'google-iap': {
    algorithm: 'ES256',
    newKid: () => hex().slice(0, 6),
    lifetime: 600,
    header: () => ({}),
    claims: (user, env, iat) => ({
      aud: env.PROXY_JWT_AUDIENCE,
      azp: env.PROXY_JWT_AUDIENCE,
      email: `${user}@example.com`,
      exp: iat + 600,
      google: { access_levels: [] },
      hd: 'example.com',
      iat,
      iss: env.PROXY_JWT_ISSUER,
      sub: `accounts.google.com:${user}`,
    }),
  },
  any: {
    algorithm: 'ES256',
    newKid: hex,
    lifetime: 300,
    header: () => ({}),
    claims: (user, env, iat) => ({
      aud: env.PROXY_JWT_AUDIENCE,
      email: `${user}@example.com`,
      exp: iat + 300,
      groups: ['Sales', 'EMEA'],
      iat,
      iss: env.PROXY_JWT_ISSUER,
      jti: randomUUID(),
      name: `${user} Doe`,
      sub: user,
      user,
    }),
  },
};

const PAGE = 'sign-in-proxy.md';

/** The settings that the docs give for a gateway. */
export function settingsInDocs(name: GatewayName): Record<string, string> {
  const block = snippetsOf(PAGE).find(({ id, language }) => language === 'ini' && id === `${PAGE} ${name}`);
  assert.ok(block, name);
  return Object.fromEntries(block.text.trim().split('\n').map(splitLine));
}

function splitLine(line: string): [string, string] {
  const end = line.indexOf('=');
  return [line.slice(0, end), line.slice(end + 1)];
}

export const newKey = (algorithm: 'ES256' | 'RS256' = 'ES256') =>
  algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Its server of keys ends with the test; `now` in milliseconds since the epoch. */
export async function startSigningGateway(
  t: Pick<TestContext, 'after'>,
  name: GatewayName,
  now: () => number = Date.now,
): Promise<SigningGateway> {
  const kind = kinds[name];
  const env = settingsInDocs(name);
  const published = new Map<string, KeyObject>();
  let kid = '';
  let keys = newKey(kind.algorithm);

  const keyPage = await startKeyPage(t, undefined);
  keyPage.answer = ({ url = '' }, response) => {
    if (!kind.isAws) {
      const all = [...published].map(([id, key]) => ({ ...key.export({ format: 'jwk' }), kid: id }));
      return response.end(JSON.stringify({ keys: all }));
    }
    const key = published.get(url.slice(1));
    // As S3 says of what is not there.
    if (!key) return response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error/>');
    return response.end(key.export({ type: 'spki', format: 'pem' }));
  };

  const gateway: SigningGateway = {
    env: {
      ...env,
      TRUSTED_PROXIES: '127.0.0.1',
      PROXY_JWT_JWKS_URL: new URL(kind.isAws ? '/' : '/keys', keyPage.url) + (kind.isAws ? '{kid}' : ''),
    },
    header: env.PROXY_JWT_HEADER as string,
    get kid() {
      return kid;
    },
    get publicKey() {
      return keys.publicKey;
    },
    keyPage,
    token(user, { header = {}, claims = {}, key = keys.privateKey } = {}) {
      const iat = Math.floor(now() / 1_000);
      const usual = { typ: 'JWT', kid, alg: kind.algorithm, ...kind.header(env, iat + kind.lifetime) };
      const input = [
        { ...usual, ...header },
        { ...kind.claims(user, env, iat), ...claims },
      ]
        .map((part) => encode(Buffer.from(JSON.stringify(part)), kind))
        .join('.');
      const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
      return `${input}.${encode(signature, kind)}`;
    },
    headers: (user) => ({ [gateway.header]: gateway.token(user) }),
    changeKey({ beside = false } = {}) {
      if (!beside) published.clear();
      keys = newKey(kind.algorithm);
      kid = kind.newKid();
      published.set(kid, keys.publicKey);
    },
  };
  gateway.changeKey();
  return gateway;
}

function encode(bytes: Buffer, { isAws }: Kind): string {
  const text = bytes.toString('base64url');
  return isAws ? text + '='.repeat((4 - (text.length % 4)) % 4) : text;
}
