import { Signer } from '@fastify/cookie';
import type { Secret } from '../config/secret.ts';
import { trimBlanks } from '../lib/blanks.ts';
import { deploymentTag } from './deployment-tag.ts';
import { rememberVerified, type SignedId } from './verified-ids.ts';

export interface SessionCookieOptions {
  /**
   * Its scheme decides about `Secure` and the `__Host-` prefix; the connection does not, since TLS may end at a proxy. Its
   * path is part of the name.
   */
  readonly publicUrl: URL;
  /** The first signs, all verify. */
  readonly secrets: readonly Secret[];
  /** `none` needs https; the cookie is then kept apart for each site whose pages use it. */
  readonly sameSite: SameSite;
}

export type SameSite = 'lax' | 'strict' | 'none';

/**
 * The cookie that carries the session id (RFC 6265bis): host-only, `HttpOnly`, without `Expires`, so that it ends with
 * the browser at the latest; over https `Secure` and with the `__Host-` prefix, which no sibling domain can forge.
 */
export interface SessionCookie {
  readonly name: string;
  /** Whether a `Cookie` header holds a cookie of this name, whatever its value. */
  isIn(header: string | undefined): boolean;
  /** The cookie's value; undefined when there is none, or several that differ: then nobody can say whose it is. */
  read(header: string | undefined): string | undefined;
  /** The id in a cookie's value, or undefined when it is not signed by us. */
  verify(value: string): SignedId | undefined;
  /** A `Set-Cookie` header with the id, signed with the first secret. */
  issue(id: string): string;
  /** A `Set-Cookie` header that removes the cookie. */
  readonly removal: string;
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const;

export function createSessionCookie({ publicUrl, secrets, sameSite }: SessionCookieOptions): SessionCookie {
  const secure = publicUrl.protocol === 'https:';
  const name = `${secure ? '__Host-' : ''}qlik_token_broker${deploymentTag(publicUrl)}`;
  const signer = new Signer(secrets.map((secret) => secret.reveal()));
  const start = `${name}=`;
  const partitioned = sameSite === 'none';
  const flags = [
    `Path=/; HttpOnly; SameSite=${SAME_SITE[sameSite]}`,
    ...(secure ? ['Secure'] : []),
    ...(partitioned ? ['Partitioned'] : []),
  ].join('; ');

  function values(header = ''): string[] {
    const found: string[] = [];
    for (let at = header.indexOf(start); at !== -1; at = header.indexOf(start, at + start.length)) {
      if (!beginsPair(header, at)) continue;
      const end = header.indexOf(';', at);
      found.push(trimBlanks(header.slice(at + start.length, end === -1 ? undefined : end)));
    }
    return found;
  }

  function verify(value: string): SignedId | undefined {
    const { valid, renew, value: id } = signer.unsign(value);
    return valid ? { id, renew } : undefined;
  }

  return {
    name,
    isIn: (header) => values(header).length > 0,

    read(header) {
      const [value, ...others] = values(header);
      return value && others.every((other) => other === value) ? value : undefined;
    },

    verify: rememberVerified(verify),

    issue: (id) => `${name}=${signer.sign(id)}; ${flags}`,
    removal: `${name}=; ${flags}; Max-Age=0`,
  };
}

/** Whether a pair of a `Cookie` header starts there, and not something inside another cookie's value. */
function beginsPair(header: string, at: number): boolean {
  const before = trimBlanks(header.slice(0, at));
  return before === '' || before.endsWith(';');
}
