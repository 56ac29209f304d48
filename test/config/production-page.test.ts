import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { loadSettings } from '../../src/config/load.ts';
import { snippetsOf } from '../support/snippets.ts';
import { CERTIFICATE } from './pem.ts';

const PAGE = 'production.md';
const SECRET = 's'.repeat(64);
/** What stands in the files that the page names, by the end of their names. */
const FILES: Record<string, string> = {
  redis_url: 'rediss://broker:password@redis.example.com:6379/0\n',
  redis_ca: CERTIFICATE,
  store_key: `${randomBytes(32).toString('base64')}\n`,
};

/** The settings of a block, read as systemd, Docker and Node do. */
function envOf(name: string): Record<string, string> {
  const block = snippetsOf(PAGE).find(({ id }) => id === `${PAGE} ${name}`);
  assert.ok(block, name);
  const lines = block.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

const load = (env: Record<string, string>) =>
  loadSettings({ env, readFile: (path) => FILES[path.split('/').at(-1) ?? ''] ?? SECRET });

describe('a complete example in docs/production.md', () => {
  const names = snippetsOf(PAGE)
    .filter(({ language }) => language === 'ini')
    .map(({ id }) => id.slice(PAGE.length + 1));

  test('is there for Entra ID and for a load balancer of AWS', () =>
    assert.deepEqual(names, ['entra.env', 'alb.env']));

  for (const name of names)
    test(`starts in production, without a warning: ${name}`, () => {
      const { settings, warnings } = load(envOf(name));
      assert.deepEqual(warnings, []);
      assert.equal(settings.NODE_ENV, 'production');
    });

  test('keeps sessions in a Redis over TLS with Entra ID', () =>
    assert.equal(load(envOf('entra.env')).settings.REDIS_URL?.tls, true));

  test('listens where a load balancer can reach it', () =>
    assert.equal(load(envOf('alb.env')).settings.HOST, '0.0.0.0'));
});
