import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';

/** Who must have signed a token, for whom. */
export interface TokenRules {
  readonly keys: JWTVerifyGetKey;
  /** Compared exactly. */
  readonly issuer: string;
  readonly audience: string;
  /** The longest life that a signer may give to a token; default 31 days. */
  readonly maxLifetimeSeconds?: number;
  /** How long ago it may have been issued; default ten minutes. */
  readonly maxAgeSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How far the signer's clock may be off. */
export const CLOCK_TOLERANCE_SECONDS = 30;
/** Long enough for Entra ID, which dates its tokens five minutes back. */
const MAX_AGE_SECONDS = 10 * 60;
/** The longest life that a common provider can be told to give to an ID token is 30 days. */
export const MAX_LIFETIME_SECONDS = 31 * 24 * 60 * 60;
/** What times with a fraction (RFC 7519 §2) may be off by after they were added up. */
const ROUNDING_SECONDS = 0.001;

/** None that is verified with a key from which one could also sign (RFC 8725 §3.1). */
export const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Verifies a signed JWT: signature, `iss`, `aud`, `exp`, `iat`, `nbf` (RFC 7519 §4.1). It was issued lately. Rejects
 * with an error of jose's.
 */
export async function verifyToken(token: string, rules: TokenRules): Promise<JWTVerifyResult<JWTPayload>> {
  const { keys, issuer, audience, now } = rules;
  const { maxLifetimeSeconds = MAX_LIFETIME_SECONDS, maxAgeSeconds = MAX_AGE_SECONDS } = rules;
  const result = await verifyWithAny(token, keys, {
    algorithms: ASYMMETRIC,
    issuer,
    audience,
    currentDate: new Date(now()),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    maxTokenAge: maxAgeSeconds,
    requiredClaims: ['exp', 'iat'],
  });
  const { exp, iat } = result.payload as { exp: number; iat: number };
  if (exp - iat > maxLifetimeSeconds + ROUNDING_SECONDS) throw unlikely(result.payload, 'exp');
  return result;
}

/** A signer with several keys need not name the one that it signed with. */
async function verifyWithAny(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult<JWTPayload>> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const result = await jwtVerify(token, key, options).catch((failure) => {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      });
      if (result) return result;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Until when `verifyToken` accepts a token with this payload at the most; milliseconds since the epoch. */
export function acceptedUntilMs({ exp, iat }: JWTPayload): number {
  const lastSecond = Math.min(exp as number, (iat as number) + MAX_AGE_SECONDS) + CLOCK_TOLERANCE_SECONDS;
  return (Math.floor(lastSecond) + 1) * 1_000;
}

/** For a claim that is well-formed, but none that an identity provider would send to us. */
export function unlikely(payload: JWTPayload, claim: string): Error {
  return new errors.JWTClaimValidationFailed(
    `unexpected "${claim}" claim value`,
    payload,
    claim,
    'check_failed',
  );
}

/**
 * Throws unless a token says that it is of one of these types, given in lower case, or nothing; default: a plain JWT. One
 * of another type was signed for another purpose (RFC 8725 §3.11).
 */
export function checkType(
  { payload, protectedHeader }: JWTVerifyResult<JWTPayload>,
  types: readonly string[] = ['jwt'],
): void {
  // jose has not checked that it is a text.
  const typ: unknown = protectedHeader.typ;
  if (typ === undefined) return;
  if (typeof typ !== 'string' || !types.includes(typ.toLowerCase())) throw unlikely(payload, 'typ');
}
