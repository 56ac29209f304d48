import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whose an address is, as far as a limit can tell: of IPv6 its first 64 bits, since whoever has one address in there may
 * have them all; of IPv4 all of it, also where Node writes it as `::ffff:10.0.0.1`.
 */
export function addressBlock(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  // A link-local peer comes with its interface: `fe80::1%eth0`.
  const plain = address.split('%', 1)[0] as string;
  if (mapped !== undefined || !isIPv6(plain)) return mapped ?? address;
  return `${ipv6Groups(plain).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros, however it is written; it has no zone. */
export function ipv6Groups(address: string): string[] {
  // The one way of writing it, without an IPv4 address at its end (RFC 5952 §4).
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [groupsIn(head), groupsIn(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after];
}

function groupsIn(part: string): string[] {
  return part === '' ? [] : part.split(':');
}
