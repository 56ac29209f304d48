import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { GatewayPurpose } from '../config/portal-config.ts';
import {
  ASYMMETRIC,
  CLOCK_TOLERANCE_SECONDS,
  checkType,
  MAX_LIFETIME_SECONDS,
  unlikely,
  verifyToken,
} from './signed-token.ts';

export interface GatewayTokenRules {
  /** The gateway's. */
  readonly keys: JWTVerifyGetKey;
  /** Compared exactly. */
  readonly issuer: string;
  readonly purpose: GatewayPurpose;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a token says that was verified. */
export interface GatewayToken {
  readonly claims: JWTPayload;
  /** Its `exp`, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/**
 * Verifies a JWT that a gateway sends with every request until its `exp`. Its parts may be padded with `=`, as those of
 * AWS are: the signature is over what was sent. Rejects with an error of jose's, or of `keys`.
 */
export function verifyGatewayToken(token: string, rules: GatewayTokenRules): Promise<GatewayToken> {
  const { purpose } = rules;
  return 'signer' in purpose
    ? verifyLoadBalancers(token, rules, purpose)
    : verifyOurs(token, rules, purpose.audience);
}

async function verifyOurs(
  token: string,
  { keys, issuer, now }: GatewayTokenRules,
  audience: string,
): Promise<GatewayToken> {
  const verified = await verifyToken(token, {
    ...{ keys, issuer, audience, now },
    maxAgeSeconds: MAX_LIFETIME_SECONDS,
  });
  checkType(verified);
  const { payload } = verified;
  return { claims: payload, expiresAtMs: (payload.exp as number) * 1_000 };
}

/**
 * An Application Load Balancer writes into the header who signed, and puts what the identity provider's user info says
 * into the payload: there is no `aud`, nor need there be an `iat`.
 */
async function verifyLoadBalancers(
  token: string,
  { keys, issuer, now }: GatewayTokenRules,
  { signer, client }: Extract<GatewayPurpose, { signer: string }>,
): Promise<GatewayToken> {
  const expected = { iss: issuer, signer, ...(client !== undefined && { client }) };
  const verified = await jwtVerify(
    token,
    (header, jws) => {
      // Before a key is asked for, so that who knows none of this costs no look-up.
      for (const [name, value] of Object.entries(expected))
        if (header[name] !== value) throw unlikely({}, name);
      return keys(header, jws);
    },
    {
      algorithms: ASYMMETRIC,
      currentDate: new Date(now()),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    },
  );
  checkType(verified);
  const { payload } = verified;
  const { exp } = verified.protectedHeader;
  const nowSeconds = now() / 1_000;
  if (typeof exp !== 'number' || exp > nowSeconds + MAX_LIFETIME_SECONDS) throw unlikely(payload, 'exp');
  if (exp <= nowSeconds - CLOCK_TOLERANCE_SECONDS) throw new errors.JWTExpired('it is over', payload, 'exp');
  if (payload.iss !== undefined && payload.iss !== issuer) throw unlikely(payload, 'iss');
  return { claims: payload, expiresAtMs: Math.min(exp, payload.exp ?? exp) * 1_000 };
}
