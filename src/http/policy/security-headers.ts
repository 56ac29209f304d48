/** Headers of every answer. Fixed at the start: they cost a request nothing. */
export function securityHeaders(publicUrl: URL): Readonly<Record<string, string>> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    // Whether an answer may be read depends on who asks.
    vary: 'Origin',
    'x-content-type-options': 'nosniff',
    ...(publicUrl.protocol === 'https:' && { 'strict-transport-security': 'max-age=31536000' }),
  };
}

/** Headers of every answer that depends on a session: no cache may keep it or give it to somebody else. */
export const sessionHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  vary: 'Cookie, Origin, Accept',
};
