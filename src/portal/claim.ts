import { lowerAscii } from '../lib/ascii.ts';

/** Claims of a token whose signature, issuer, audience and times have been verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** A claim, never something that every object has. */
export function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Whether a claim says yes. Some providers write it as a text. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && lowerAscii(value) === 'true');
}
