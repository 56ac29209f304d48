import { BlockList, isIPv4 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whether a peer's address lies in one of these ranges. An IPv4 peer of a listener for both families, which Node writes
 * as `::ffff:10.0.0.1`, counts as IPv4, and is in no IPv6 range, however wide. No address is in none.
 */
export function createTrustedPeers(ranges: readonly string[]): (peer: string | undefined) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    lists[family].addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return (peer) => {
    if (peer === undefined) return false;
    // A link-local peer comes with its interface: `fe80::1%eth0`.
    const address = MAPPED.exec(peer)?.[1] ?? (peer.split('%', 1)[0] as string);
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return lists[family].check(address, family);
  };
}
