import type { JWTPayload } from 'jose';
import type { OidcProvider } from './oidc-provider.ts';
import { providerTrouble } from './provider-trouble.ts';
import { acceptedUntilMs, checkType, unlikely, verifyToken } from './signed-token.ts';

/** What a logout token says. */
export interface ProviderLogout {
  /** Its `jti`. */
  readonly id: string;
  /** One session of the provider's; without it, all of the subject's. */
  readonly sid: string | undefined;
  readonly subject: string | undefined;
  /** How long the same token would still be accepted. */
  readonly acceptedForMs: number;
}

export interface LogoutTokenReader {
  /**
   * What a logout token says that the provider signed for us within the last ten minutes (OpenID Connect Back-Channel
   * Logout 1.0 §2.6). Whether it is used for the first time is for the caller to see. Rejects with an
   * `IdentityProviderError`.
   */
  read(token: string): Promise<ProviderLogout>;
}

export interface LogoutTokenReaderDeps {
  readonly provider: OidcProvider;
  readonly clientId: string;
  readonly now: () => number;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** §2.4 recommends the first; tokens without it, or with that of any JWT, are common. */
const TYPES = ['logout+jwt', 'application/logout+jwt', 'jwt'];
const MAX_TEXT = 255;

export function createLogoutTokenReader({
  provider,
  clientId,
  now,
}: LogoutTokenReaderDeps): LogoutTokenReader {
  return {
    async read(token) {
      const { keys, metadata } = await provider.current();
      try {
        const verified = await verifyToken(token, {
          keys,
          issuer: metadata.issuer,
          audience: clientId,
          now,
        });
        checkType(verified, TYPES);
        return logoutOf(verified.payload, now());
      } catch (error) {
        throw providerTrouble(error, { issuer: metadata.issuer });
      }
    },
  };
}

function logoutOf(payload: JWTPayload, time: number): ProviderLogout {
  const { jti, sid, sub, events } = payload;
  if (!isObject(events) || !isObject(events[EVENT])) throw unlikely(payload, 'events');
  // It would be an ID token (§2.4).
  if (payload.nonce !== undefined) throw unlikely(payload, 'nonce');
  if (!isText(jti)) throw unlikely(payload, 'jti');
  if (sub !== undefined && !isText(sub)) throw unlikely(payload, 'sub');
  // A sign-in drops a `sid` that is none: then all of the subject's are meant.
  const session = isText(sid) ? sid : undefined;
  if (session === undefined && sub === undefined) throw unlikely(payload, 'sid');
  return {
    id: jti,
    sid: session,
    subject: sub,
    acceptedForMs: acceptedUntilMs(payload) - time,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
