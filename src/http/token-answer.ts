import * as v from 'valibot';
import { remainingMs, type Token } from '../token/token.ts';

/** What `tokenAnswer` puts together. */
export const tokenSchema = v.strictObject({
  access_token: v.string(),
  token_type: v.literal('Bearer'),
  expires_in: v.pipe(v.number(), v.integer()),
  expires_at: v.pipe(v.string(), v.isoTimestamp()),
  scope: v.string(),
});

/**
 * The JSON text of a token (RFC 6749 §5.1, with `expires_at`). `now` in milliseconds since the epoch.
 *
 * Put together by hand: a serializer would search the longest text of the service for characters to escape, at every
 * request, and neither a bearer token nor a scope has any (RFC 6750 §2.1 and 6749 §3.3, seen to when it is minted).
 */
export function tokenAnswer(token: Token, now: number): string {
  const expiresIn = Math.floor(remainingMs(token, now) / 1_000);
  return `{"access_token":"${token.accessToken}","token_type":"Bearer","expires_in":${expiresIn},"expires_at":"${token.expiresAtText}","scope":"${token.scope}"}`;
}
