import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBlock, ipv6Groups } from '../../src/lib/address-block.ts';

const cases: [address: string, block: string][] = [
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
];
for (const [address, block] of cases) {
  test(`${address || 'nobody'} counts as ${block || 'nobody'}`, () =>
    assert.equal(addressBlock(address), block));
}

const addresses: [address: string, groups: string][] = [
  ['::', '0 0 0 0 0 0 0 0'],
  ['::1', '0 0 0 0 0 0 0 1'],
  ['2001:db8::', '2001 db8 0 0 0 0 0 0'],
  ['2001:DB8:0:0:0:0:0:00Ab', '2001 db8 0 0 0 0 0 ab'],
  ['1:2:3::7:8', '1 2 3 0 0 0 7 8'],
  ['1:2:3:4:5:6:7:8', '1 2 3 4 5 6 7 8'],
  ['::ffff:192.0.2.1', '0 0 0 0 0 ffff c000 201'],
];

for (const [address, groups] of addresses)
  test(`${address} is ${groups}`, () => assert.equal(ipv6Groups(address).join(' '), groups));
