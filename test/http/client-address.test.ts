import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerKey, withoutPort } from '../../src/http/policy/client-address.ts';

for (const [ip, key] of [
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51234', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['[2001:db8:1:2:3::9]:443', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['unknown', 'unknown'],
  ['', ''],
] as const) {
  test(`whoever comes from ${ip} counts as ${key}`, () => {
    assert.equal(callerKey({ ip }), key);
  });
}

test('what is no address with a port is left as it is', () => {
  for (const text of ['1.2.3.4:', '1.2.3.4:123456', '1.2.3:80', '[::1', '_hidden', '1.2.3.4:80:90'])
    assert.equal(withoutPort(text), text);
});
