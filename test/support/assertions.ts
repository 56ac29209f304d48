import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { jwt, ownKey, rs256, type SigningKey } from './jwt.ts';

type Json = Record<string, unknown>;

/** A portal that signs assertions, known to the service by its public key. */
export interface Signer {
  readonly key: SigningKey;
  /** The settings with which the service believes it. */
  readonly env: Record<string, string>;
  /** What an assertion for `ada` says, with these claims instead; undefined takes one away. */
  claims(changes?: Json): Json;
  /** An assertion with those claims. */
  assertion(changes?: Json, header?: Json): string;
}

export const ISSUER = 'https://portal.example.com';
export const AUDIENCE = 'https://broker.example.com';
export const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'k1' };

export const spki = ({ publicKey }: SigningKey): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** Without another, it has the key that all of a process have. */
export function createSigner(now: () => number = Date.now, key = ownKey()): Signer {
  const claims = (changes: Json = {}): Json => {
    const iat = Math.floor(now() / 1_000);
    const usual = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', iat, exp: iat + 60, jti: randomUUID() };
    return { ...usual, ...changes };
  };
  return {
    key,
    env: {
      PORTAL_AUTH: 'assertion',
      ASSERTION_ISSUER: ISSUER,
      ASSERTION_AUDIENCE: AUDIENCE,
      ASSERTION_PUBLIC_KEY: spki(key),
    },
    claims,
    assertion: (changes, header) => jwt({ ...HEADER, ...header }, claims(changes), rs256(key)),
  };
}

/** Where a portal publishes its keys, on loopback; ended with the test. */
export interface KeyPage {
  readonly url: string;
  /** How often it was asked. */
  asked: number;
  /** What it answers. */
  answer: (request: IncomingMessage, response: ServerResponse) => unknown;
}

export async function startKeyPage(t: Pick<TestContext, 'after'>, keys: unknown): Promise<KeyPage> {
  const server = createServer((request, response) => {
    page.asked += 1;
    page.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const page: KeyPage = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    asked: 0,
    answer: (_request, response) => response.end(JSON.stringify(keys)),
  };
  return page;
}
