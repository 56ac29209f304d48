import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSandbox } from '../src/sandbox/sandbox.ts';
import { createTestService } from './support/test-service.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];

function commands(page: string): string {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].map(([, block]) => block).join('\n');
}

/** Runs commands as a reader would, in one shell; resolves to what they printed. */
async function runCommands(
  t: TestContext,
  script: string,
  env: Record<string, string>,
): Promise<string | undefined> {
  const missing = ['curl', 'jq'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) {
    if (process.env.CI)
      throw new Error(`missing: ${missing.join(', ')}; npm run set-up installs them on Debian`);
    t.skip(`missing: ${missing.join(', ')}`);
    return undefined;
  }
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    env: { PATH: process.env.PATH, ...env },
  });
  let output = '';
  shell.stdout.on('data', (data) => {
    output += data;
  });
  shell.stderr.on('data', (data) => {
    output += data;
  });
  const [code] = await once(shell, 'exit');
  assert.equal(code, 0, output);
  return output;
}

describe('each link to a file leads somewhere', () => {
  for (const page of pages) {
    test(`in ${page}`, () => {
      const text = readFileSync(join(root, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        assert.ok(existsSync(join(root, dirname(page), target)), target);
      }
    });
  }
});

test('each promise of SECURITY.md names the tests that hold it, and they are there', () => {
  const [, table = ''] =
    /\| threat .*\n\|---.*\n((?:\|.*\n)+)/.exec(readFileSync(join(root, 'SECURITY.md'), 'utf8')) ?? [];
  const promises = table.trimEnd().split('\n');
  assert.ok(promises.length > 20);
  for (const promise of promises) {
    const tests = [...(promise.split(/(?<!\\)\|/)[3] ?? '').matchAll(/`([\w/-]+)`/g)].map(([, name]) => name);
    assert.ok(tests.length > 0, promise);
    for (const name of tests) assert.ok(existsSync(join(root, `test/${name}.test.ts`)), name);
  }
});

test('the commands of docs/qlik-cloud.md prepare a tenant', async (t) => {
  const sandbox = await createSandbox();
  t.after(() => sandbox.close());
  const output = await runCommands(t, commands('docs/qlik-cloud.md'), {
    TENANT: sandbox.url,
    M2M_CLIENT_ID: sandbox.managementClient.clientId,
    M2M_CLIENT_SECRET: sandbox.managementClient.clientSecret,
    USER_SUBJECT: 'ada',
  });
  if (output !== undefined) assert.match(output, /^Ada Lindqvist$/m);
});

test('the commands of docs/sandbox.md make faults and end them', async (t) => {
  const sandbox = await createSandbox();
  t.after(() => sandbox.close());
  const script = commands('docs/sandbox.md').replace(/^npm .*\n/gm, '');
  const output = await runCommands(t, script, { SANDBOX: sandbox.url });
  if (output !== undefined) assert.match(output, /"status":503/);
  assert.deepEqual(sandbox.faults.list(), []);
});

test('the commands of docs/admin-api.md end sessions and tokens', async (t) => {
  const ADMIN_TOKEN = 'operator-'.repeat(4);
  const service = await createTestService(t, { env: { ADMIN_TOKEN } });
  const address = await service.adminApp.listen({ host: '127.0.0.1', port: 0 });
  const script = commands('docs/admin-api.md').replaceAll('http://localhost:9464', address);
  const output = await runCommands(t, script, { ADMIN_TOKEN });
  if (output !== undefined)
    assert.ok(
      output.endsWith(
        '{"sessions":0,"tokens":0}{"tokens":0}{"tokens":"all"}{"sessions":"all","tokens":"all"}',
      ),
      output,
    );
});
