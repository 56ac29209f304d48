import type { ClaimsConfig } from '../config/portal-config.ts';
import { type Claims, isTrue, own } from './claim.ts';
import { sameEmail } from './same-email.ts';

/** RFC 5321 §4.5.3.1: 64 + `@` + 255. */
export const MAX_EMAIL = 320;
/** Azure AD B2C has a list instead, of which the first counts. */
export const EMAILS: readonly string[] = ['email', 'emails'];
/** Whether the provider has seen that the address is the user's (OpenID Connect Core 1.0 §5.1). */
export const VERIFIED = 'email_verified';

/**
 * What the claims tell by name, as far as it counts. `email_verified` speaks of the claim `email` alone (OpenID Connect
 * Core 1.0 §5.1), or of `emails` where there is no `email`. An address in another claim counts when it is the same one.
 */
export function countingBy(claims: Claims, { names, trustEmail }: ClaimsConfig) {
  const isEmail = (claim: string) => claim === names.email || EMAILS.includes(claim);
  const verified = isTrue(own(claims, VERIFIED)) ? (emailClaim(claims, 'email') ?? 'email') : undefined;
  const isVerified = (claim: string) =>
    verified !== undefined &&
    (claim === verified || isSameAddress(own(claims, claim), own(claims, verified)));
  const counts = (claim: string) => trustEmail || !isEmail(claim) || isVerified(claim);
  const counting = (claim: string) => (counts(claim) ? own(claims, claim) : undefined);
  return { isEmail, counts, counting };
}

function isSameAddress(one: unknown, other: unknown): boolean {
  const [a, b] = [first(one), first(other)];
  return typeof a === 'string' && typeof b === 'string' && sameEmail(a, b);
}

/** The claim that has the e-mail; undefined when there is none. */
export function emailClaim(claims: Claims, name: string): string | undefined {
  return [name, ...(name === 'email' ? EMAILS : [])].find((claim) => (own(claims, claim) ?? '') !== '');
}

/** Of a list, the first. */
export function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}
