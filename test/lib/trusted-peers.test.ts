import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrustedPeers } from '../../src/lib/trusted-peers.ts';

const cases: [ranges: string[], peer: string | undefined, trusted: boolean][] = [
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.0.0.0/8'], '::FFFF:10.1.2.3', true],
  [['10.0.0.0/8'], '::ffff:11.1.2.3', false],
  [['10.0.0.0/8'], '::10.1.2.3', false],
  [['10.0.0.7'], '10.0.0.7', true],
  [['10.0.0.7'], '10.0.0.8', false],
  [['10.0.0.7/24'], '10.0.0.200', true],
  [['192.0.2.1', '10.0.0.0/8'], '10.0.0.1', true],
  [['fd00::/8'], 'fd12::1', true],
  [['fd00::/8'], 'fe80::1', false],
  [['::1'], '::1', true],
  [['::1'], '127.0.0.1', false],
  [['127.0.0.1'], '::1', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  // Guards against a wide IPv6 range that trusts all of IPv4, whose mapped addresses lie in it.
  [['::/1'], '203.0.113.9', false],
  [['::/64'], '::ffff:203.0.113.9', false],
  [['0.0.0.0/1'], '::1', false],
  [['10.0.0.0/8'], undefined, false],
  [['10.0.0.0/8'], '', false],
  [['10.0.0.0/8'], 'localhost', false],
  [[], '127.0.0.1', false],
];

for (const [ranges, peer, trusted] of cases) {
  test(`with ${ranges.join(' and ') || 'no range'}, ${peer ?? 'no address'} is ${trusted ? '' : 'not '}trusted`, () => {
    assert.equal(createTrustedPeers(ranges)(peer), trusted);
  });
}
