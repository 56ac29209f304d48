import type { IncomingHttpHeaders } from 'node:http';

/** Whose pages may call. */
export interface CallerPolicy {
  /** Whether an `Origin` header is that of `PUBLIC_URL` or one of `ALLOWED_ORIGINS`, exactly. */
  readonly isAllowedOrigin: (origin: string) => boolean;
}

/**
 * Whether a page that may call made this request, by what the browser itself says of it: another site's page can
 * neither forge nor drop these headers, and needs a preflight for `X-CSRF`. Decided before the session is looked at.
 * `formAllowed`: the call may also be a form's, which navigates.
 *
 * `Origin`: RFC 6454 §7. `Sec-Fetch-*`: W3C Fetch Metadata.
 */
export function mayCall(headers: IncomingHttpHeaders, policy: CallerPolicy, formAllowed: boolean): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers;
  const byScript = destination === undefined || destination === 'empty';
  if (!byScript && !(formAllowed && destination === 'document')) return false;
  if (origin !== undefined && origin !== 'null') return policy.isAllowedOrigin(origin);
  if (site !== undefined) return site === 'same-origin';
  return origin === undefined && headers['x-csrf'] === '1';
}
