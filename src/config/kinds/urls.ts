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
 * for the sandbox; `rules/qlik-cloud.ts` refuses http in production.
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

/** Where a browser may be sent after logout: a local path or an absolute http(s) URL. */
export const landing: Kind<string> = kind('a path such as `/goodbye` or an absolute http(s) URL', (raw) => {
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(raw)) return raw;
  return httpUrl(raw)?.href;
});

/** An absolute http(s) URL without credentials, wildcards or blanks. */
function httpUrl(raw: string): URL | undefined {
  const url = !/[\s\\]/.test(raw) && URL.canParse(raw) ? new URL(raw) : undefined;
  const plain = url && !url.username && !url.password && !/\*|^\.|\.\./.test(url.hostname);
  return plain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

/** One whose answers can be relied on: https, or on this machine; without a fragment. */
export function secureUrl(raw: string): URL | undefined {
  const url = raw.includes('#') ? undefined : httpUrl(raw);
  return url && isSecure(url) ? url : undefined;
}

/** Whether nobody on the way can read or change what is said there. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLoopback(hostname);
}

/** An absolute http(s) URL without credentials, query and fragment. */
export function bareUrl(raw: string): URL | undefined {
  return /[?#]/.test(raw) ? undefined : httpUrl(raw);
}
