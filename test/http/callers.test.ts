import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { mayCall } from '../../src/http/policy/callers.ts';
import { originsOf } from '../support/origins.ts';
import { createTestService } from '../support/test-service.ts';

const origins = originsOf('https://portal.example/qlik', ['https://app.example']);
const policy = { isAllowedOrigin: origins.has };
const own = 'https://portal.example';

describe('a call by fetch', () => {
  const allowed: [string, IncomingHttpHeaders][] = [
    [
      'from its own page, which sends Origin',
      { origin: own, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' },
    ],
    [
      'from its own page, a GET without Origin',
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' },
    ],
    [
      'from a listed origin',
      { origin: 'https://app.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' },
    ],
    ['over plain http, where no Sec-Fetch headers are sent, with X-CSRF', { 'x-csrf': '1' }],
  ];
  for (const [who, headers] of allowed) {
    test(`${who} is allowed`, () => assert.equal(mayCall(headers, policy, false), true));
  }

  const refused: [string, IncomingHttpHeaders][] = [
    ['without any sign of who calls', {}],
    ['with another X-CSRF', { 'x-csrf': '0' }],
    ['from another origin', { origin: 'https://evil.example', 'x-csrf': '1' }],
    ['from an origin that begins alike', { origin: 'https://portal.example.evil.example' }],
    ['from the same host by http', { origin: 'http://portal.example' }],
    ['from another port', { origin: 'https://portal.example:8443' }],
    ['from an origin in another case', { origin: 'https://PORTAL.example' }],
    ['with the origin twice', { origin: `${own}, ${own}` }],
    [
      'from another origin that says same-origin',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['from a null origin', { origin: 'null', 'x-csrf': '1' }],
    ['from a null origin on another site', { origin: 'null', 'sec-fetch-site': 'cross-site', 'x-csrf': '1' }],
    ['from a sibling that is not listed', { 'sec-fetch-site': 'same-site', 'x-csrf': '1' }],
    ['from another site with X-CSRF', { 'sec-fetch-site': 'cross-site', 'x-csrf': '1' }],
    ['typed into the address bar', { 'sec-fetch-site': 'none', 'x-csrf': '1' }],
    ['as a script', { origin: own, 'sec-fetch-dest': 'script' }],
    ['as a frame', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe' }],
    ['as a document', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' }],
  ];
  for (const [who, headers] of refused) {
    test(`${who} is refused`, () => assert.equal(mayCall(headers, policy, false), false));
  }
});

describe('a form', () => {
  const form = { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' };

  test('of its own page may navigate', () =>
    assert.equal(mayCall({ ...form, origin: own }, policy, true), true));

  test('of its own page with no-referrer, which sends a null origin, may navigate', () =>
    assert.equal(mayCall({ ...form, origin: 'null' }, policy, true), true));

  test('of another site may not', () =>
    assert.equal(
      mayCall({ ...form, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, policy, true),
      false,
    ));

  test('with a null origin and no word of the site may not', () =>
    assert.equal(mayCall({ origin: 'null', 'sec-fetch-dest': 'document' }, policy, true), false));

  test('in a frame may not', () =>
    assert.equal(mayCall({ ...form, origin: own, 'sec-fetch-dest': 'iframe' }, policy, true), false));
});

describe('a caller that is refused', () => {
  const guarded = [
    ['GET', '/qlik-token'],
    ['POST', '/qlik-token'],
    ['GET', '/qlik-config'],
    ['GET', '/session'],
    ['POST', '/login'],
    ['POST', '/logout'],
  ] as const;

  test('gets 403 everywhere, nothing is minted, nobody is signed in or out', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const [method, url] of guarded) {
      const response = await service.fetch({
        method,
        url,
        cookie,
        headers: { origin: 'https://evil.example', 'content-type': 'application/json' },
        ...(method === 'POST' && { payload: '{"user":"bruno","rejected":true}' }),
      });
      assert.equal(response.statusCode, 403, `${method} ${url}`);
      assert.equal(response.json().code, 'cross_site_refused');
      assert.equal(response.headers['set-cookie'], undefined);
    }
    assert.equal(service.mints(), 0);
    const session = await service.fetch({ url: '/session', cookie });
    assert.equal(session.json().user.id, 'ada');
  });

  test('is refused with each body that a form of another site can send', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      for (const url of ['/qlik-token', '/login', '/logout']) {
        const response = await service.fetch({
          method: 'POST',
          url,
          cookie,
          headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'content-type': type },
          payload: 'user=ada',
        });
        assert.equal(response.statusCode, 403, `${url} ${type}`);
      }
    }
  });

  test('is refused before the session is read, so that a dead store makes no difference', async (t) => {
    const service = await createTestService(t);
    const response = await service.fetch({ url: '/qlik-token', headers: { 'x-csrf': '' } });
    assert.equal(response.json().code, 'cross_site_refused');
  });
});

describe('what exempts nobody', () => {
  test('a probe’s user agent or a path that ends like one', async (t) => {
    const service = await createTestService(t);
    for (const [url, status] of [
      ['/qlik-token?x=/livez', 401],
      ['/qlik-token/livez', 404],
      ['/livez/../qlik-token', 401],
      ['//qlik-token', 404],
      ['/qlik-token%2flivez', 404],
    ] as const) {
      const response = await service.fetch({ url, headers: { 'user-agent': 'kube-probe/1.0' } });
      assert.equal(response.statusCode, status, url);
    }
  });
});
