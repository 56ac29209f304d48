import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { coversMost, holdsMapped } from '../../src/config/address-ranges.ts';

test('ranges that are more than half of all addresses only together cover most of them', () => {
  for (const ranges of [
    ['0.0.0.0/1', '128.0.0.0/1'],
    ['0.0.0.0/1', '10.0.0.0/8', '128.0.0.0/32'],
    ['128.0.0.0/1', '0.0.0.0/2', '64.0.0.0/2'],
    ['::/1', '8000::/1'],
    ['10.0.0.0/8', '::/1', 'ffff::1'],
  ])
    assert.ok(coversMost(ranges), ranges.join());
  for (const ranges of [
    [],
    ['0.0.0.0/1'],
    ['0.0.0.0/1', '10.0.0.0/8', '127.255.255.255'],
    ['128.0.0.0/2', '128.0.0.0/2', '128.0.0.0/2'],
    ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8', '2001:db8::1', '::1'],
    ['0.0.0.0/1', '::/1'],
  ])
    assert.ok(!coversMost(ranges), ranges.join());
});

test('a range holds IPv4-mapped addresses exactly when one of its addresses is one', () => {
  for (const range of [
    '::/8',
    '::/80',
    '::/1',
    '::ffff:0:0/96',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.1',
    '::fffe:0:0/95',
  ])
    assert.ok(holdsMapped(range), range);
  for (const range of [
    '::1',
    '::/96',
    '::fffe:0:0/96',
    '::1:0:0:0/80',
    'fd00::/8',
    '10.0.0.0/8',
    '64:ff9b::/96',
  ])
    assert.ok(!holdsMapped(range), range);
});

test('what is counted as covered is what Node takes for an address of the ranges', () => {
  const octet = fc.constantFrom(0, 1, 64, 127, 128, 192, 255);
  const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
  const range = fc
    .tuple(address, fc.integer({ min: 1, max: 4 }))
    .map(([base, prefix]) => `${base}/${prefix}`);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const list = new BlockList();
      for (const [base = '', prefix] of ranges.map((each) => each.split('/'))) {
        assert.ok(isIPv4(base));
        list.addSubnet(base, Number(prefix), 'ipv4');
      }
      // No range here is smaller than a sixteenth of all.
      const covered = Array.from({ length: 16 }, (_, part) => list.check(`${part * 16}.0.0.1`, 'ipv4'));
      assert.equal(coversMost(ranges), covered.filter(Boolean).length > 8);
    }),
  );
});
