import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { runBuilt } from '../support/child.ts';
import { tempFile } from '../support/temp-file.ts';
import { freePort, testEnv } from '../support/test-service.ts';
import { until } from '../support/until.ts';

// Guards against a table that is cut off while it is copied: it would give nobody, or somebody else's, token.
test('a table that lost many rows is not taken before SIGHUP, which log and metrics ask for', async (t) => {
  const sandbox = await createSandbox();
  t.after(() => sandbox.close());
  const rows = (count: number) =>
    `portal_user,qlik_subject\n${Array.from({ length: count }, (_, n) => `user-${n},s-${n}\n`).join('')}`;
  const path = tempFile(t, 'users.csv', rows(10));
  const env = await testEnv(sandbox, await freePort());
  const child = runBuilt(t, 'dist/main.js', [], { ...env, USER_MAPPING: 'table', USER_TABLE: path });
  await child.printed(/"event":"service.listening"/);
  const stale = async () => {
    const metrics = await (await fetch(`http://localhost:${env.ADMIN_PORT}/metrics`)).text();
    return /^qlik_token_broker_user_table_stale\{.*\} (\d)$/m.exec(metrics)?.[1];
  };

  writeFileSync(path, rows(5));
  const [line] = await child.printed(/.*"event":"user_table.shrunk".*/);
  assert.deepEqual(JSON.parse(line).gone, 5);
  assert.equal(await stale(), '1');

  child.process.kill('SIGHUP');
  await child.printed(/"event":"user_table.read"/);
  await until(async () => (await stale()) === '0');
  child.process.kill('SIGTERM');
  assert.equal(await child.ended(), 0);
});
