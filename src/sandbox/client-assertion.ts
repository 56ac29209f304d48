import { createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Client } from './model.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_LIFETIME_SECONDS = 5 * 60;
const TOLERANCE_SECONDS = 5;

/** Judges client assertions (RFC 7523, `private_key_jwt`) against the keys that a client registered. */
export interface ClientAssertions {
  /** True when the assertion is in order and was never seen before; it is then used up. */
  accept(assertion: string, client: Client): Promise<boolean>;
}

/** The client that an assertion says it is from, unverified; undefined when it cannot be read. */
export function claimedIssuer(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

/**
 * Follows Qlik's rules: the key is the one that `kid` names, the algorithm that key's own; `iss` = `sub` = client
 * id, `aud` = the token endpoint exactly, `jti` a UUID used once, `exp` at most five minutes after `iat`. The
 * tolerance for clocks that differ is undocumented; here it is five seconds.
 */
export function createClientAssertions(deps: {
  audience: () => string;
  now: () => number;
}): ClientAssertions {
  const seen = new Map<string, number>();

  /** Remembers a `jti` for as long as its assertion could be sent again; false when it is there already. */
  function useOnce(jti: string, expiresAtSeconds: number): boolean {
    const nowSeconds = deps.now() / 1000;
    for (const [old, expiry] of seen) if (expiry < nowSeconds) seen.delete(old);
    if (seen.has(jti)) return false;
    seen.set(jti, expiresAtSeconds + TOLERANCE_SECONDS);
    return true;
  }

  return {
    async accept(assertion, client) {
      try {
        const { kid } = decodeProtectedHeader(assertion);
        const jwk = client.publicKeys.find((candidate) => candidate.kid === kid);
        if (!jwk) return false;
        const { payload } = await jwtVerify(assertion, createPublicKey({ key: { ...jwk }, format: 'jwk' }), {
          algorithms: [jwk.alg],
          issuer: client.clientId,
          subject: client.clientId,
          audience: deps.audience(),
          currentDate: new Date(deps.now()),
          clockTolerance: TOLERANCE_SECONDS,
          requiredClaims: ['iat', 'exp', 'jti'],
        });
        const { iat = 0, exp = 0, jti } = payload;
        if (exp - iat > MAX_LIFETIME_SECONDS || iat > deps.now() / 1000 + TOLERANCE_SECONDS) return false;
        return typeof jti === 'string' && UUID.test(jti) && useOnce(`${client.clientId} ${jti}`, exp);
      } catch {
        return false;
      }
    },
  };
}
