import { errors, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { ClaimsConfig } from '../config/portal-config.ts';
import { toldByClaims } from './claims.ts';
import type { LoginPolicy } from './login-policy.ts';
import { LoginRefusedError, type LoginTrouble, type PortalAuth } from './portal-auth.ts';
import type { PortalUser } from './portal-user.ts';
import { providerTrouble } from './provider-trouble.ts';
import { acceptedUntilMs, checkType, unlikely, verifyToken } from './signed-token.ts';

/**
 * The sign-in with an assertion: a JWT that the portal signed for us, which lives for five minutes at the most and
 * works once (RFC 7519, RFC 8725). `authenticate` also rejects with an `IdentityProviderError` when the portal's keys
 * cannot be had or used, and with what `claim` rejects with.
 */
export type AssertionAuth = PortalAuth<string>;

export interface AssertionAuthDeps {
  /** The portal's. */
  readonly keys: JWTVerifyGetKey;
  /** Compared exactly. */
  readonly issuer: string;
  readonly audience: string;
  readonly claims: ClaimsConfig;
  readonly policy: LoginPolicy;
  /** False when that was claimed within the time that an earlier claim gave. */
  readonly claim: (what: string, forMs: number) => Promise<boolean>;
  readonly now: () => number;
}

const MAX_LIFETIME_SECONDS = 5 * 60;
const MAX_JTI = 255;
const CHECKED_CLAIMS = ['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'typ'];

export function createAssertionAuth(deps: AssertionAuthDeps): AssertionAuth {
  const { keys, issuer, audience, claims, policy, claim, now } = deps;

  async function verify(token: string): Promise<JWTPayload & { jti: string }> {
    try {
      const verified = await verifyToken(token, {
        ...{ keys, issuer, audience, now },
        maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
      });
      checkType(verified);
      const { payload } = verified;
      if (!hasId(payload)) throw unlikely(payload, 'jti');
      return payload;
    } catch (error) {
      const isRefusal = error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid);
      throw isRefusal ? refused(reason(error)) : providerTrouble(error);
    }
  }

  function identify(payload: JWTPayload): PortalUser {
    try {
      return policy.admit(toldByClaims(payload, claims));
    } catch (error) {
      if (!(error instanceof LoginRefusedError) || error.code !== 'bad_request') throw error;
      throw refused('it does not say who it is (CLAIM_ID)', error.details);
    }
  }

  return {
    async authenticate(token) {
      const payload = await verify(token);
      const user = identify(payload);
      // Last, so that nobody but the portal can use up an id.
      if (!(await claim(`assertion ${payload.jti}`, acceptedUntilMs(payload) - now())))
        throw refused('it was used before (jti)');
      return user;
    },
  };
}

function hasId(payload: JWTPayload): payload is JWTPayload & { jti: string } {
  const { jti } = payload;
  return typeof jti === 'string' && jti !== '' && jti.length <= MAX_JTI;
}

function refused(why: string, details?: LoginTrouble): LoginRefusedError {
  return new LoginRefusedError('assertion_invalid', `The assertion is not accepted: ${why}.`, { details });
}

/** For the portal's developers. Repeats nothing of what was sent. */
function reason(error: errors.JOSEError): string {
  const claim = CHECKED_CLAIMS.find((name) => name === (error as { claim?: unknown }).claim);
  if (error instanceof errors.JWTExpired) return 'it is over (exp)';
  if (claim) return `${claim} is missing or not as it must be`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'alg is none of the asymmetric ones';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key of the portal fits its alg and kid';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is no well-formed JWT';
}
