import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { safeReturnTo } from '../../src/http/policy/return-to.ts';
import { originsOf } from '../support/origins.ts';
import { createTestService } from '../support/test-service.ts';

const origins = originsOf('https://portal.example', ['https://app.example', 'http://lan.example:8080']);

describe('where a sign-in may end', () => {
  const elsewhere = [
    '/\\evil.example',
    '//evil.example',
    '/\t/evil.example',
    '\t//evil.example',
    ' //evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:\\\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/%5cevil.example',
    '/%09/evil.example',
    '/%2f%2fevil.example',
    '/%2fevil.example',
    'https://evil.example/',
    'https://portal.example.evil.example/',
    'https://portal.example@evil.example/',
    'https://user@portal.example/',
    'http://portal.example/',
    'https://app.example:444/',
    'https://APP.example.evil/',
    '/..//evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/./\\evil.example',
    'https://portal.example//evil.example',
    '/./%5cevil.example',
    '/%2e%2f%5cevil.example',
    '/./%2fevil.example',
    '/.%2f%2fevil.example',
    '/x/..%2f%5cevil.example',
    '/x/%2e%2e/%5cevil.example',
    '/x/%2e%2e%2f%2fevil.example',
    '/.%09/%2fevil.example',
    '/%5c/evil.example',
    'https://portal.example/%2fevil.example',
    'https://portal.example/x/..%2f%5cevil.example',
    'https://app.example%2f@evil.example',
    '/x/..%2f%5cevil.example?%E4',
    '/.%2f%2fevil.example/%zz',
    '/./%5cevil.example?50%',
    'evil.example',
    '%E0%A4%A',
    '',
  ];
  for (const target of elsewhere) {
    test(`${JSON.stringify(target)} leads to /`, () => {
      assert.equal(safeReturnTo(target, origins), '/');
    });
  }

  const home = [
    ['/reports?year=2026#top', '/reports?year=2026#top'],
    ['/a%20b?back=%2F%2Fx', '/a%20b?back=%2F%2Fx'],
    ['/find?path=C%3A%5Cdata', '/find?path=C%3A%5Cdata'],
    // What browsers send, though it is no UTF-8.
    ['/a?discount=50%', '/a?discount=50%'],
    ['/a?q=%E4#%zz', '/a?q=%E4#%zz'],
    ['https://portal.example/x', '/x'],
    ['https://app.example/x?y=1', 'https://app.example/x?y=1'],
    ['HTTP://LAN.example:8080/', 'http://lan.example:8080/'],
  ] as const;
  for (const [target, end] of home) {
    test(`${target} leads to ${end}`, () => {
      assert.equal(safeReturnTo(target, origins), end);
    });
  }

  test('without one it is /', () => {
    assert.equal(safeReturnTo(undefined, origins), '/');
  });

  test('one of 64 kB is ignored', () => {
    assert.equal(safeReturnTo(`/${'x'.repeat(65_536)}`, origins), '/');
  });

  test('whatever is given, a browser ends at an origin that may call, also when something decodes it once more', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '//',
      'https:',
      'http://',
      'evil.example',
      '@',
      '%2f',
      '%5c',
      '%09',
      '%2e',
      '%40',
      '\t',
      '.',
      '..',
      '/.',
      '?',
      '#',
      ':',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 6 }), (pieces) => {
        const raw = pieces.join('').replace(/[\r\n]/g, '');
        const end = safeReturnTo(raw, origins);
        for (const target of [end, ...readings(end)]) {
          const { origin, href } = new URL(target, origins.own);
          assert.ok(origins.has(origin), raw);
          if (origin !== origins.own) continue;
          // As another server may redirect on, to what it takes for a path of its own.
          const path = href.slice(origin.length);
          assert.equal(new URL(path, origins.own).origin, origin, raw);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

/** What servers make of it that decode once: strictly, if that works, or each escape of ASCII for itself. */
function readings(target: string): string[] {
  const loose = target.replace(/%([0-7][\da-f])/gi, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  try {
    return [decodeURIComponent(target), loose];
  } catch {
    return [loose];
  }
}

describe('returnTo at the sign-in', () => {
  test('a forged Host or X-Forwarded-Host is in no Location', async (t) => {
    const service = await createTestService(t);
    const response = await service.fetch({
      method: 'POST',
      url: '/login',
      headers: {
        host: 'localhost:9999',
        'x-forwarded-host': 'evil.example',
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'user=ada&returnTo=/reports',
    });
    assert.equal(response.statusCode, 303);
    assert.equal(response.headers.location, '/reports');
  });

  test('given twice it is a bad request', async (t) => {
    const service = await createTestService(t);
    const response = await service.fetch({ url: '/login?returnTo=/a&returnTo=/b' });
    assert.equal(response.statusCode, 400);
    assert.equal(response.json().code, 'bad_request');
  });

  test('with a line break it is a bad request', async (t) => {
    const service = await createTestService(t);
    for (const breaks of ['%0d%0aSet-Cookie:x', '%0a', '%0d']) {
      const response = await service.fetch({ url: `/login?returnTo=/${breaks}` });
      assert.equal(response.statusCode, 400);
    }
  });

  test('a hostile one is in neither the page nor the redirect, whatever the user picks', async (t) => {
    const service = await createTestService(t);
    const page = await service.fetch({ url: '/login?returnTo=%22%3E%3Cscript%3Ealert(1)%3C/script%3E' });
    assert.equal(page.statusCode, 200);
    assert.doesNotMatch(page.body, /alert/);

    const form = await service.fetch({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'user=ada&returnTo=//evil.example',
    });
    assert.equal(form.headers.location, '/');
  });

  test('markup in a local path is escaped in the page', async (t) => {
    const service = await createTestService(t);
    const page = await service.fetch({ url: `/login?returnTo=${encodeURIComponent('/a?"><b>')}` });
    assert.doesNotMatch(page.body, /<b>/);
  });
});
