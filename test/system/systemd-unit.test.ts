import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseEnv } from 'node:util';
import { missing } from '../docker/tools.ts';
import { runBuilt, runProgram } from '../support/child.ts';
import { snippetsOf } from '../support/snippets.ts';
import { freePort } from '../support/test-service.ts';

const PAGE = 'without-a-container.md';
const snippets = new Map(snippetsOf(PAGE).map(({ id, text }) => [id, text]));
const textOf = (name: string) => snippets.get(`${PAGE} ${name}`) ?? assert.fail(name);
const unit = textOf('qlik-token-broker.service');
const skip = missing({ programs: ['systemd-analyze'] });

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'unit-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function analyze(t: TestContext, text: string, ...args: string[]): { status: number | null; said: string } {
  const file = join(folderFor(t), 'qlik-token-broker.service');
  // Where Node and the service are on this machine.
  writeFileSync(file, text.replace('/usr/bin/node', process.execPath).replace('/opt/qlik-token-broker', '/'));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('systemd takes the unit of the docs, with every word of it', { skip }, (t) => {
  // It looks at all that the unit wants, too, and some machines do not have it.
  const about = ({ said }: { said: string }) =>
    said.split('\n').filter((line) => line.includes('broker.service'));
  assert.deepEqual(about(analyze(t, unit, 'verify', '--man=no', '--recursive-errors=no')), []);
  const misspelt = analyze(t, unit.replace('ProtectHome', 'ProtectHouse'), 'verify', '--man=no');
  assert.match(about(misspelt).join(), /ProtectHouse/);
});

test('systemd counts the unit among the well protected ones', { skip }, (t) => {
  const { status, said } = analyze(t, unit, 'security', '--offline=yes', '--threshold=20');
  assert.equal(status, 0, said);
  const open = analyze(
    t,
    unit.replace(/^DynamicUser.*\n/m, ''),
    'security',
    '--offline=yes',
    '--threshold=20',
  );
  assert.notEqual(open.status, 0);
});

test('the unit’s command starts the service with its environment and the secrets of the docs', async (t) => {
  const credentials = folderFor(t);
  const secrets = textOf('secrets').replace('/etc/qlik-token-broker', credentials);
  const made = runProgram(t, credentials, 'sh', ['-euc', secrets], {
    QLIK_CLIENT_SECRET: 'tenant-secret',
    OIDC_CLIENT_SECRET: 'provider-secret',
  });
  assert.equal(await made.ended(), 0, made.output());
  for (const [, name = '', file = ''] of unit.matchAll(
    /^LoadCredential=(\w+):\/etc\/qlik-token-broker\/(\w+)$/gm,
  )) {
    assert.equal(name, file);
    assert.ok(existsSync(join(credentials, file)), file);
  }

  const environment = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(
    ([, name, value = '']) => [name, value.replace('%d', credentials)] as const,
  );
  const [, ...args] = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  const service = runBuilt(t, args[0] ?? '', args.slice(1), {
    ...Object.fromEntries(environment),
    ...(parseEnv(textOf('env')) as Record<string, string>),
    PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
    // Nobody answers there.
    OIDC_ISSUER: 'https://127.0.0.1:9',
  });
  await service.printed(/"event":"service.listening"/);
  assert.doesNotMatch(service.output(), /"event":"config.doubtful"/);
});
