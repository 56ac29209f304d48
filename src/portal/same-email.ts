import { lowerAscii } from '../lib/ascii.ts';

/**
 * Whether two e-mail addresses are one: compared without case, but for ASCII alone. RFC 5321 §2.4 lets a host tell the
 * case of the part before the `@`; Qlik Cloud and mail providers do not. No look-alike of another alphabet is equal.
 */
export function sameEmail(a: string, b: string): boolean {
  return lowerAscii(a) === lowerAscii(b);
}
