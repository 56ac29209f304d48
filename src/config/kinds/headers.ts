import { Secret } from '../secret.ts';
import { type Kind, kind } from './kind.ts';

/** Headers that mean something to HTTP, to browsers or to this service, and those that end at the next hop. */
const TAKEN = new Set([
  ...['accept', 'authorization', 'connection', 'cookie', 'expect', 'forwarded', 'host', 'keep-alive'],
  ...['origin', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'referer', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'user-agent', 'via', 'x-csrf', 'x-forwarded-for', 'x-forwarded-host'],
  ...['x-forwarded-port', 'x-forwarded-proto', 'x-real-ip'],
]);
const NONE = 'none';
const TAKEN_PREFIX = /^(accept|content|if|sec)-/;

function readName(raw: string): string | undefined {
  const name = raw.toLowerCase();
  const isPlain = name !== NONE && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 64;
  return isPlain && !TAKEN.has(name) && !TAKEN_PREFIX.test(name) ? name : undefined;
}

const EXPECTED = 'a header’s name of letters, digits and hyphens, none that has a meaning already';

/** The name of a header that is free for an agreement between two servers, in lower case. */
export const headerName: Kind<string> = kind(EXPECTED, readName);

/** A header that need not be read at all: then null. */
export const optionalHeaderName: Kind<string | null> = kind(`${EXPECTED}; or \`none\``, (raw) =>
  raw.toLowerCase() === NONE ? null : readName(raw),
);

/** A secret that fits into a header as it is: RFC 9110 §5.5 keeps no blanks at its ends, and nothing but ASCII for sure. */
export const headerSecret: Kind<Secret> = kind(
  'a secret of at least 32 letters, digits and signs of ASCII, without blanks',
  (raw) => (/^[\x21-\x7e]{32,1024}$/.test(raw) ? new Secret(raw) : undefined),
);
