import type { IncomingMessage } from 'node:http';

/** Three parts in base64url (RFC 7515 §7.1); an unsigned JWT's last one would be empty. */
const BEARER_JWT = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/**
 * The signed JWT of a request's `Authorization: Bearer` (RFC 6750 §2.1); undefined without one, and with more than one
 * such header: of several Node shows the first, and something in front may have looked at another.
 */
export function bearerJwt({ rawHeaders }: IncomingMessage): string | undefined {
  const [value = '', ...others] = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  );
  return others.length === 0 ? BEARER_JWT.exec(value)?.[1] : undefined;
}
