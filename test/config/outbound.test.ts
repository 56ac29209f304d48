import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { proxyFor } from '../../src/config/outbound-config.ts';
import { outbound } from '../support/outbound.ts';
import { load, namesOfProblems, problemsOf } from './base-env.ts';

const CANARY = 'canary-51ce';
const A = 'http://a.example:3128';
const B = 'http://b.example:3128';
/** The proxy for a URL; undefined: none. */
const chosen = (env: Record<string, string>, url: string) => proxyFor(outbound(env), url)?.origin;

describe('a proxy', () => {
  for (const [url, host] of [
    ['http://proxy.example:3128', 'proxy.example:3128'],
    ['http://proxy.example/', 'proxy.example:80'],
    ['https://proxy.example', 'proxy.example:443'],
    ['http://u:p@[::1]:8080', '[::1]:8080'],
  ] as const)
    test(`${url} is at ${host}`, () =>
      assert.equal(load({ HTTPS_PROXY: url }).settings.HTTPS_PROXY?.host, host));

  test('is told user and password, decoded', () => {
    const { HTTPS_PROXY } = load({ HTTPS_PROXY: 'http://ada%40acme:p%3A%2F%C3%A9@proxy.example' }).settings;
    const [, sent = ''] = HTTPS_PROXY?.authorization?.reveal().split(' ') ?? [];
    assert.equal(Buffer.from(sent, 'base64').toString(), 'ada@acme:p:/é');
  });

  for (const url of [
    `proxy.example:3128`,
    `socks5://u:${CANARY}@proxy.example`,
    `http://u:${CANARY}@proxy.example/path`,
    `http://u:${CANARY}@proxy.example?x`,
    `http://u:${CANARY}%0d@proxy.example`,
    `http://u:${CANARY}%@proxy.example`,
    `http://:${CANARY}@proxy.example`,
    `http://u%3Av:${CANARY}@proxy.example`,
    `http://u:${CANARY}@proxy.example:99999`,
  ])
    test(`${url} is refused, and not repeated`, () => {
      const problems = problemsOf({ HTTPS_PROXY: url });
      assert.match(problems.join(), /^HTTPS_PROXY: expected a URL/);
      assert.ok(!problems.join().includes(CANARY));
      assert.deepEqual(namesOfProblems({ http_proxy: url }), ['http_proxy']);
    });

  test('is taken in lower case first', () => {
    assert.equal(chosen({ HTTPS_PROXY: A, https_proxy: B }, 'https://x.example'), B);
    assert.equal(chosen({ HTTPS_PROXY: A, https_proxy: '' }, 'https://x.example'), A);
    assert.equal(chosen({ HTTPS_PROXY: A, NO_PROXY: '*', no_proxy: 'y.example' }, 'https://x.example'), A);
  });

  test('is that of the scheme, and no other', () => {
    assert.equal(chosen({ HTTPS_PROXY: A, HTTP_PROXY: B }, 'http://x.example'), B);
    assert.equal(chosen({ HTTP_PROXY: B }, 'https://x.example'), undefined);
    assert.deepEqual(
      load({ HTTP_PROXY: B }).warnings.map(({ name }) => name),
      ['HTTP_PROXY'],
    );
  });

  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    test(`is not asked for this machine: ${host}`, () =>
      assert.equal(chosen({ HTTPS_PROXY: A, HTTP_PROXY: A }, `https://${host}:8443/`), undefined));
});

describe('NO_PROXY', () => {
  const isDirect = (NO_PROXY: string, url: string) => chosen({ HTTPS_PROXY: A, NO_PROXY }, url) === undefined;

  for (const [rule, url] of [
    ['*', 'https://x.example'],
    ['acme.example', 'https://acme.example'],
    ['acme.example', 'https://ACME.example:8443'],
    ['acme.example', 'https://login.acme.example'],
    ['acme.example', 'https://acme.example.'],
    ['.acme.example', 'https://login.acme.example'],
    ['.acme.example', 'https://acme.example'],
    ['*.acme.example', 'https://a.b.acme.example'],
    ['x.example, acme.example', 'https://acme.example'],
    ['x.example acme.example', 'https://acme.example'],
    ['acme.example:443', 'https://acme.example'],
    ['acme.example:8443', 'https://acme.example:8443'],
    ['10.0.0.7', 'https://10.0.0.7'],
    ['10.0.0.0/8', 'https://10.200.0.1'],
    ['10.0.0.0/8:443', 'https://10.200.0.1'],
    ['fd00::1', 'https://[fd00::1]'],
    ['[fd00::1]:8443', 'https://[fd00:0:0::1]:8443'],
    ['fd00::/8', 'https://[fd12::1]'],
  ] as const)
    test(`${rule} holds ${url}`, () => assert.ok(isDirect(rule, url)));

  for (const [rule, url] of [
    ['', 'https://x.example'],
    ['acme.example', 'https://notacme.example'],
    ['acme.example', 'https://acme.example.evil'],
    ['acme.example:8443', 'https://acme.example'],
    ['10.0.0.0/8', 'https://11.0.0.1'],
    ['10.0.0.0/8', 'https://10.example'],
    ['fd00::/8', 'https://[fe80::1]'],
    ['fd00::1', 'https://[fd00::2]'],
  ] as const)
    test(`${rule || 'without anything'} does not hold ${url}`, () => assert.ok(!isDirect(rule, url)));

  test('is often of a whole machine: what cannot be read in it is a warning', () => {
    for (const part of ['<local>', 'https://acme.example', '10.*', '10.0.0.0/33', 'a..b', '1.2.3.4/8/9'])
      assert.deepEqual(
        load({ NO_PROXY: `x.example,${part}` }).warnings.map(({ name }) => name),
        ['NO_PROXY'],
        part,
      );
    assert.deepEqual(
      load({ NO_PROXY: 'localhost,127.0.0.1,::1,.svc,.cluster.local,10.0.0.0/8' }).warnings,
      [],
    );
  });
});
