import { Secret } from '../secret.ts';
import { type Kind, kind } from './kind.ts';

/** Any text of one line. */
export const text: Kind<string> = kind('text without line breaks', (raw) =>
  /\p{Cc}/u.test(raw) ? undefined : raw,
);

/** An OAuth scope (RFC 6749 §3.3). */
export const scope: Kind<string> = kind('names of scopes with one blank between them', (raw) =>
  raw.split(' ').every((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name)) ? raw : undefined,
);

/** A path of a file on this machine. */
export const filePath: Kind<string> = kind('the path of a file', (raw) => raw);

/** A sign of ASCII that can stand between names, and is no part of the names of directories or of an encoding. */
export const separator: Kind<string> = kind('one sign such as `,`, `;` or `|`', (raw) =>
  /^[!-~]$/.test(raw) && !/[\w"%=\\]/.test(raw) ? raw : undefined,
);

/** A secret of at least `minLength` characters. */
export function secret(minLength = 1): Kind<Secret> {
  const expected = minLength > 1 ? `a secret of at least ${minLength} characters` : 'a secret';
  return kind(expected, (raw) => (raw.length >= minLength ? new Secret(raw) : undefined));
}
