import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { localUrl } from '../../src/config/local-url.ts';

describe('the address of the service for its own machine', () => {
  const cases: [what: string, env: Record<string, string>, url: string][] = [
    ['without any setting', {}, 'http://127.0.0.1:3000'],
    ['with empty settings', { HOST: '', PORT: '', PUBLIC_URL: '' }, 'http://127.0.0.1:3000'],
    ['with a port', { PORT: '8080' }, 'http://127.0.0.1:8080'],
    ['listening everywhere', { HOST: '0.0.0.0' }, 'http://127.0.0.1:3000'],
    ['listening everywhere by IPv6', { HOST: '::' }, 'http://[::1]:3000'],
    ['listening on one address', { HOST: '10.1.2.3' }, 'http://10.1.2.3:3000'],
    ['listening on one IPv6 address', { HOST: 'fd00::1' }, 'http://[fd00::1]:3000'],
    ['with a base path', { PUBLIC_URL: 'https://example.com/a/b/' }, 'http://127.0.0.1:3000/a/b'],
  ];
  for (const [what, env, url] of cases) {
    test(what, () => assert.equal(localUrl(env), url));
  }

  test('needs no other setting, however wrong', () => {
    assert.equal(localUrl({ SESSION_SECRET: 'short', PORTAL_AUTH: 'x' }), 'http://127.0.0.1:3000');
  });

  test('is none with a wrong setting', () => {
    assert.throws(() => localUrl({ PORT: 'x' }), /expected a port/);
  });
});
