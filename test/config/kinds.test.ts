import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cidr } from '../../src/config/kinds/addresses.ts';
import { requiredClaim } from '../../src/config/kinds/claims.ts';
import type { Kind } from '../../src/config/kinds/kind.ts';
import { list } from '../../src/config/kinds/lists.ts';
import { count, duration, port, rate } from '../../src/config/kinds/numbers.ts';
import { scope, secret } from '../../src/config/kinds/texts.ts';
import { landing, origin, publicUrl, tenantUrl } from '../../src/config/kinds/urls.ts';
import { oneOf } from '../../src/config/kinds/words.ts';
import { isLoopback } from '../../src/config/loopback.ts';
import { strayCharacters } from '../../src/config/stray-characters.ts';

interface Examples<T> {
  readonly good: readonly (readonly [raw: string, value: unknown])[];
  readonly bad: readonly string[];
  /** What of a value to compare; all of it by default. */
  readonly of?: (value: T) => unknown;
}

function describeKind<T>(name: string, kind: Kind<T>, { good, bad, of = (value) => value }: Examples<T>) {
  describe(name, () => {
    for (const [raw, value] of good) {
      test(`takes ${JSON.stringify(raw)}`, () => assert.deepEqual(of(kind.parse(raw)), value));
    }
    for (const raw of bad) {
      test(`refuses ${JSON.stringify(raw)}, and says what would be right`, () =>
        assert.throws(() => kind.parse(raw), {
          message: strayCharacters(raw) ?? `expected ${kind.expected}`,
        }));
    }
  });
}

describeKind('a scope', scope, {
  good: [
    ['user_default', 'user_default'],
    ['user_default identity.name:read', 'user_default identity.name:read'],
  ],
  bad: ['', ' ', ' a', 'a ', 'a  b', 'a\tb', 'a"b', 'a\\b', 'ä', 'a\nb'],
});

describeKind('a port', port, {
  good: [
    ['1', 1],
    ['3000', 3000],
    ['65535', 65_535],
  ],
  bad: ['', '0', '65536', '-1', '3000.5', '3e3', '0x50', ' 80', '80 ', 'http', '٣'],
});

describeKind('a count', count, {
  good: [
    ['1', 1],
    ['10000000', 10_000_000],
  ],
  bad: ['', '0', '10000001', '-1', '1.5', '1e3', 'NaN', 'Infinity', '99999999999999999999'],
});

describeKind('a word', oneOf('lax', 'strict'), {
  good: [['lax', 'lax']],
  bad: ['', 'none of them', 'lax ', 'none', 'toString'],
});

describeKind('what a claim must be', requiredClaim, {
  good: [
    ['hd=acme.example', { claim: 'hd', value: 'acme.example' }],
    ['groups=CN=Sales%2COU=Groups', { claim: 'groups', value: 'CN=Sales,OU=Groups' }],
    ['https://acme.example/roles=a b', { claim: 'https://acme.example/roles', value: 'a b' }],
    ['share=100%25', { claim: 'share', value: '100%' }],
  ],
  bad: ['', 'hd', 'hd=', '=acme', 'share=100%', 'a=%0a', 'a=%ff'],
});

describeKind('a duration', duration, {
  good: [
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['10h', 36_000_000],
    ['2d', 172_800_000],
    ['365d', 31_536_000_000],
    ['31536000000ms', 31_536_000_000],
  ],
  bad: [
    ...['366d', '8761h', '31536000001ms', '999999999d', '9999999999999999d'],
    '',
    '30',
    's',
    '-1s',
    '1.5h',
    '30 s',
    '30S',
    '1h30m',
    '30sec',
    '1e3s',
    '9999999999s',
    'Infinity',
  ],
});

describeKind('a rate', rate, {
  good: [
    ['10/s', { limit: 10, windowMs: 1_000 }],
    ['90/min', { limit: 90, windowMs: 60_000 }],
    ['1000/h', { limit: 1_000, windowMs: 3_600_000 }],
  ],
  bad: ['', '90', '0/min', '90/m', '90/minute', '-1/s', '1.5/s', '90 / min', '/min', '99999999/s'],
});

describeKind('a list', list(count), {
  good: [
    ['1', [1]],
    ['1,2', [1, 2]],
    [' 1 , 2 ,', [1, 2]],
    ['', []],
    [',', []],
  ],
  bad: [],
});

test('a list knows no blanks around its items but spaces and tabs', () => {
  assert.deepEqual(list(count).parse(' 1\t,\t2 '), [1, 2]);
  for (const other of ['\u00a0', '\u2003', '\ufeff', '\v'])
    assert.throws(() => list(count).parse(`1,${other}2`));
});

test('a list with one bad item is refused as a whole', () => assert.throws(() => list(count).parse('1,x,2')));

describeKind('a secret', secret(32), {
  good: [['s'.repeat(32), 's'.repeat(32)]],
  bad: ['', 's'.repeat(31)],
  of: (value) => value.reveal(),
});

describeKind('PUBLIC_URL', publicUrl, {
  good: [
    ['http://localhost:3000', 'http://localhost:3000/'],
    ['https://portal.example.com', 'https://portal.example.com/'],
    ['https://portal.example.com/', 'https://portal.example.com/'],
    ['https://portal.example.com:443', 'https://portal.example.com/'],
    ['https://PORTAL.example.com:8443/qlik', 'https://portal.example.com:8443/qlik'],
    ['https://portal.example.com/qlik/broker/', 'https://portal.example.com/qlik/broker'],
    ['https://portal.example.com/a/../b_c-1.2~3', 'https://portal.example.com/b_c-1.2~3'],
    ['http://[::1]:3000', 'http://[::1]:3000/'],
  ],
  bad: [
    '',
    'portal.example.com',
    '//portal.example.com',
    'ftp://portal.example.com',
    'javascript:alert(1)',
    'https://',
    'https://user@portal.example.com',
    'https://user:pass@portal.example.com',
    'https://portal.example.com?x=1',
    'https://portal.example.com/?',
    'https://portal.example.com#top',
    'https://portal.example.com/#',
    'https://portal.example.com\\evil',
    'https://portal.example.com/a b',
    ' https://portal.example.com',
    'https://portal.example.com:99999',
    'https://*.example.com',
    'https://portal..example.com',
    'https://.example.com',
    // Characters that mean something to the router: the path is where the routes are put.
    'https://portal.example.com/:tenant',
    'https://portal.example.com/*',
    'https://portal.example.com/a(b)',
    'https://portal.example.com//qlik',
    'https://portal.example.com/port%C3%A1l',
    'https://portal.example.com/portál',
  ],
  of: (url) => url.href,
});

describeKind('an origin', origin, {
  good: [
    ['https://portal.example.com', 'https://portal.example.com'],
    ['https://portal.example.com:8443', 'https://portal.example.com:8443'],
    ['https://portal.example.com:443', 'https://portal.example.com'],
    ['https://PORTAL.example.com', 'https://portal.example.com'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ],
  bad: [
    '',
    'null',
    '*',
    'https://*',
    'https://*.example.com',
    'https://portal..example.com',
    'portal.example.com',
    'https://portal.example.com/',
    'https://portal.example.com/path',
    'https://portal.example.com?x',
    'https://portal.example.com#x',
    'https://user@portal.example.com',
    'file:///etc/passwd',
    'https://portal.example.com\\',
    'https://a b',
  ],
});

// A tenant is where the client’s secret goes.
describeKind('a tenant', tenantUrl, {
  good: [
    ['https://acme.eu.qlikcloud.com', 'https://acme.eu.qlikcloud.com'],
    ['https://ACME.eu.qlikcloud.com/', 'https://acme.eu.qlikcloud.com'],
    ['https://acme.eu.qlikcloud.com:443', 'https://acme.eu.qlikcloud.com'],
    ['https://analytics.acme-corp.example', 'https://analytics.acme-corp.example'],
    ['https://my_tenant.example', 'https://my_tenant.example'],
    ['https://tenant', 'https://tenant'],
    ['https://3com.example', 'https://3com.example'],
    ['https://m\u00fcller.example', 'https://xn--mller-kva.example'],
    [`https://${'a'.repeat(63)}.example`, `https://${'a'.repeat(63)}.example`],
    ['https://localhost:8443', 'https://localhost:8443'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://localhost:4000', 'http://localhost:4000'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
  ],
  bad: [
    '',
    'acme.eu.qlikcloud.com',
    'http://acme.eu.qlikcloud.com',
    'https://acme.eu.qlikcloud.com.',
    'https://acme.eu.qlikcloud.com..',
    'https://acme..qlikcloud.com',
    'https://.qlikcloud.com',
    'https://acme.eu.qlikcloud.com:22',
    'https://acme.eu.qlikcloud.com:8443',
    'https://acme.eu.qlikcloud.com:80',
    'https://localhost.',
    'https://localhost.:8443',
    'https://localhost.evil.example:8443',
    'https://-acme.qlikcloud.com',
    'https://acme-.qlikcloud.com',
    "https://acme'.qlikcloud.com",
    'https://acme,qlikcloud.com',
    'https://acme~x.qlikcloud.com',
    `https://${'a'.repeat(64)}.example`,
    `https://${'a.'.repeat(126)}example`,
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://[::ffff:127.0.0.1]',
    'ftp://acme.eu.qlikcloud.com',
    'https://user@acme.eu.qlikcloud.com',
    'https://user:pass@acme.eu.qlikcloud.com',
    'https://acme.eu.qlikcloud.com#x',
    'https://acme.eu.qlikcloud.com/#',
    'https://acme.eu.qlikcloud.com?x',
    'https://acme.eu.qlikcloud.com/api',
    'https://acme.eu.qlikcloud.com//',
    'https://acme.eu.qlikcloud.com\\@evil.example',
    'https://1.2.3.4',
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://0251.0376.0251.0376',
    'https://169.254.169.254',
    'https://169.254.169.254.',
    'http://169.254.169.254',
    'https://[::1]',
    'https://[fe80::1]',
    'https://[::ffff:169.254.169.254]',
    'https://*.qlikcloud.com',
    'https://',
  ],
});

describeKind('POST_LOGOUT_URL', landing, {
  good: [
    ['/', '/'],
    ['/goodbye', '/goodbye'],
    ['/goodbye?from=qlik#top', '/goodbye?from=qlik#top'],
    ['https://www.example.com', 'https://www.example.com/'],
    ['https://www.example.com/bye', 'https://www.example.com/bye'],
    ['https://www.example.com/bye?from=qlik&x=1#top', 'https://www.example.com/bye?from=qlik&x=1#top'],
  ],
  bad: [
    '',
    'goodbye',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/a\r\nSet-Cookie: x=1',
    '/ä',
    'javascript:alert(1)',
    'data:text/html,x',
    'https:\\\\evil.example',
    'https://user:pass@www.example.com/',
    'https://www.example.com/a b',
    'https://www.example.com/\r\nX: y',
  ],
});

describeKind('a proxy', cidr, {
  good: [
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.168.1.1/32', '192.168.1.1/32'],
    ['::1', '::1'],
    ['fd00::/8', 'fd00::/8'],
    ['2001:db8::1/128', '2001:db8::1/128'],
  ],
  bad: [
    '',
    '0.0.0.0/0',
    '::/8',
    '::/80',
    'fe80::1%eth0',
    '10.0.0.0/0',
    '::/0',
    '2001:db8::/0',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/8.0',
    '10.0.0/8',
    '010.0.0.1/8',
    'loopback',
    'true',
    '1',
    '*',
    'proxy.example.com',
    '10.0.0.0/255.0.0.0',
    // IPv4-mapped: a second way to write IPv4 addresses, and to miss that one has.
    '::ffff:10.0.0.1',
    '::ffff:0:0/96',
    '::FFFF:10.0.0.0/104',
    '0:0:0:0:0:ffff:a00:0/104',
    '::ffff:0.0.0.0/96',
    'fe80::1%eth0',
  ],
});

test('this machine has names, and nobody else does', () => {
  for (const host of ['localhost', '127.0.0.1', '127.255.255.254', '::1', '[::1]'])
    assert.ok(isLoopback(host), host);
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    'localhost.',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '127.1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    'notlocalhost',
    'LOCALHOST.',
  ])
    assert.equal(isLoopback(host), false, host);
});
