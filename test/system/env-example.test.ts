import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { freshCheckout } from '../support/checkout.ts';
import { runProgram } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('.env.example, copied and filled in, starts the service by the commands in its first line', async (t) => {
  const folder = freshCheckout(t);
  const [firstLine = ''] = readFileSync(join(folder, '.env.example'), 'utf8').split('\n', 1);
  const [, copy, start] = /^# (cp \S+ \S+), fill in the first part, then: (.*)$/.exec(firstLine) ?? [];
  assert.ok(copy && start, firstLine);
  spawnSync('sh', ['-c', copy], { cwd: folder });

  const sandbox = await createSandbox();
  t.after(() => sandbox.close());
  const port = String(await freePort());
  const filled: [string, string][] = [
    ['QLIK_TENANT_URL=', sandbox.url],
    ['QLIK_CLIENT_ID=', sandbox.impersonationClient.clientId],
    ['QLIK_CLIENT_SECRET=', sandbox.impersonationClient.clientSecret],
    ['PORTAL_AUTH=', 'demo'],
    ['SESSION_SECRET=', randomBytes(32).toString('hex')],
    ['PORT=', port],
    ['ADMIN_PORT=', String(await freePort())],
  ];
  const env = join(folder, '.env');
  const text = filled.reduce(
    (text, [before, value]) => {
      const line = new RegExp(`^#?${before}.*$`, 'm');
      assert.match(text, line);
      return text.replace(line, before + value);
    },
    readFileSync(env, 'utf8'),
  );
  writeFileSync(env, text);

  const service = runProgram(t, folder, 'sh', ['-c', start]);
  await service.printed(/"event":"service.listening"/);
  const origin = `http://localhost:${port}`;
  const signedIn = await fetch(`${origin}/login`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: '{"user":"ada"}',
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const answer = await fetch(`${origin}/qlik-token`, { headers: { origin, cookie } });
  assert.equal(answer.status, 200, await answer.text());
});

test('npm start says what is missing in an .env that is not filled in', async (t) => {
  const folder = freshCheckout(t);
  copyFileSync(join(folder, '.env.example'), join(folder, '.env'));
  const service = runProgram(t, folder, 'sh', ['-c', 'cp -r "$0/dist" . && npm start', root]);
  assert.equal(await service.ended(), 78);
  assert.match(service.output(), /^ {2}SESSION_SECRET: is required/m);
});

test('git and Docker take no .env, and git takes .env.example', () => {
  const ignored = (path: string) =>
    spawnSync('git', ['check-ignore', '-q', path], { cwd: root }).status === 0;
  assert.deepEqual(['.env', '.env.local', '.env.example'].map(ignored), [true, true, false]);
  const [nothing, ...allowed] = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  assert.equal(nothing, '*');
  assert.ok(allowed.every((line) => line.startsWith('!') && !line.includes('.env')));
});
