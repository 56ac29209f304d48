import { isLoopback } from '../loopback.ts';
import { type Kind, kind } from './kind.ts';

/** The URL that a browser uses for this service: scheme, host, and perhaps a path, without a trailing slash. */
export const publicUrl: Kind<URL> = kind(
  'an http(s) URL without credentials, query or fragment; in its path only letters, digits and `-._~`',
  (raw) => {
    const url = bareUrl(raw);
    if (!url) return undefined;
    url.pathname = url.pathname.replace(/(?<!\/)\/+$/, '');
    // Anything else the router would read as a pattern, or find under another spelling.
    return /^\/$|^(\/[\w.~-]+)+$/.test(url.pathname) ? url : undefined;
  },
);

/** A web origin: scheme, host and port, nothing more (RFC 6454). */
export const origin: Kind<string> = kind('an origin such as `https://portal.example.com`', (raw) => {
  const url = bareUrl(raw);
  return url && url.pathname === '/' && !raw.endsWith('/') ? url.origin : undefined;
});

/** As `URL.hostname` writes it: labels of at most 63 characters, and none of an IP address (RFC 1123 §2.1). */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([\w-]{0,61}\w)?\.)*[a-z_]([\w-]{0,61}\w)?$/;

/**
 * The origin of a Qlik Cloud tenant: https, a host name, the usual port. Other ports, and plain http, pass on loopback,
 * for the sandbox; `rules.ts` refuses http in production.
 */
export const tenantUrl: Kind<string> = kind(
  'a tenant such as `https://acme.eu.qlikcloud.com`: https, a host name without a dot at its end, no other port than 443, no path',
  (raw) => {
    const url = bareUrl(raw);
    if (url?.pathname !== '/') return undefined;
    if (isLoopback(url.hostname) && (url.protocol === 'http:' || url.hostname === 'localhost'))
      return url.origin;
    return url.protocol === 'https:' && url.port === '' && HOST_NAME.test(url.hostname)
      ? url.origin
      : undefined;
  },
);

/**
 * An identity provider's issuer (OpenID Connect Discovery 1.0 §3), spelt as the provider does: it stays as it is. Plain
 * http passes on loopback only; `rules/oidc.ts` refuses it in production.
 */
export const issuer: Kind<string> = kind(
  'an issuer such as `https://login.example.com/realms/main`: https, no query',
  (raw) => {
    const url = /^https?:/.test(raw) ? bareUrl(raw) : undefined;
    if (!url || url.pathname.includes('/.well-known/')) return undefined;
    if (ENTRA_HOST.test(url.hostname) && EVERY_DIRECTORY.test(url.pathname))
      throw new Error(
        `names every directory; take \`${url.origin}/<Directory (tenant) ID>/v2.0\`, of the one whose people may sign in`,
      );
    return url.protocol === 'https:' || isLoopback(url.hostname) ? raw : undefined;
  },
);

/** Entra ID, in the clouds that it has. */
const ENTRA_HOST = /^login\.(partner\.)?microsoftonline\.(com|us|cn)$/;
/** They stand for all directories; no ID token ever has them in its `iss`. */
const EVERY_DIRECTORY = /^\/(common|organizations)(\/|$)/i;

/** Where a JWK Set is published. Plain http passes on loopback only; `rules.ts` refuses it in production. */
export const jwksUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`: https, no credentials, no fragment',
  (raw) => {
    const url = raw.includes('#') ? undefined : httpUrl(raw);
    return url && (url.protocol === 'https:' || isLoopback(url.hostname)) ? url.href : undefined;
  },
);

const BY_KID = '/{kid}';

/** Where a JWK Set is published; or single keys, each under its `kid` at the end, which stays `{kid}` here. */
export const keysUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`, or one that ends in `/{kid}`: https, no credentials, no fragment',
  (raw) => {
    const isByKid = raw.endsWith(BY_KID);
    const rest = isByKid ? raw.slice(0, -BY_KID.length) : raw;
    if (/[{}]/.test(rest) || (isByKid && rest.includes('?'))) return undefined;
    try {
      return isByKid ? jwksUrl.parse(`${rest}/`) + BY_KID.slice(1) : jwksUrl.parse(rest);
    } catch {
      return undefined;
    }
  },
);

/** Where a browser may be sent after logout: a local path or an absolute http(s) URL. */
export const landing: Kind<string> = kind('a path such as `/goodbye` or an absolute http(s) URL', (raw) => {
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(raw)) return raw;
  return httpUrl(raw)?.href;
});

/** An absolute http(s) URL without credentials, wildcards or blanks. */
export function httpUrl(raw: string): URL | undefined {
  const url = !/[\s\\]/.test(raw) && URL.canParse(raw) ? new URL(raw) : undefined;
  const plain = url && !url.username && !url.password && !/\*|^\.|\.\./.test(url.hostname);
  return plain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function bareUrl(raw: string): URL | undefined {
  return /[?#]/.test(raw) ? undefined : httpUrl(raw);
}
