import { isIPv4 } from 'node:net';
import { ipv6Groups } from '../lib/address-block.ts';

/** Addresses of one family from `first` to `last`, as numbers. */
interface Range {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
}

const MAPPED = rangeOf('::ffff:0:0/96');

/** Whether a CIDR range, or an address, holds IPv4-mapped ones: some take those for the IPv4 addresses in them. */
export function holdsMapped(range: string): boolean {
  const { bits, first, last } = rangeOf(range);
  return bits === 128 && first <= MAPPED.last && last >= MAPPED.first;
}

/** Whether more than half of all IPv4 or of all IPv6 addresses lie in these ranges, taken together. */
export function coversMost(ranges: readonly string[]): boolean {
  const all = ranges.map(rangeOf);
  return ([32, 128] as const).some(
    (bits) => 2n * size(all.filter((range) => range.bits === bits)) > 1n << BigInt(bits),
  );
}

/** How many addresses there are in them; those that are in several count once. */
function size(ranges: readonly Range[]): bigint {
  let counted = 0n;
  let next = 0n;
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const from = first > next ? first : next;
    if (last < from) continue;
    counted += last - from + 1n;
    next = last + 1n;
  }
  return counted;
}

function rangeOf(range: string): Range {
  const [address = '', prefix] = range.split('/');
  const bits = isIPv4(address) ? 32 : 128;
  const rest = BigInt(bits - Number(prefix ?? bits));
  const first = (numberOf(address, bits) >> rest) << rest;
  return { bits, first, last: first + (1n << rest) - 1n };
}

function numberOf(address: string, bits: 32 | 128): bigint {
  if (bits === 32) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  return ipv6Groups(address).reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}
