import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { redisMissing } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const bench = fileURLToPath(new URL('bench.ts', import.meta.url));
const onLinux = existsSync('/proc/self/task') ? false : 'needs /proc, to see which processes are left';

function run(t: TestContext, args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', bench, ...args]);
  t.after(() => child.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  return { child, output: () => Buffer.concat(chunks).toString() };
}

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe('npm run bench', () => {
  test('compares all servers and measures the rest, in a table and in JSON', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'bench.json');

    const { child, output } = run(t, ['--smoke', '--json', file]);
    const [code] = await once(child, 'exit');

    assert.equal(code, 0, output());
    const { throughput, stampede, warmWhileHanging, heap, startAndIdle } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    assert.ok(throughput.length >= 6);
    for (const row of throughput) {
      assert.ok(row.perSecond > 0 && row.p99Ms > 0 && row.ofFastifyLogged > 0, row.name);
      assert.ok(output().includes(`| ${row.name} |`), output());
    }
    assert.equal(stampede.tenantCalls, 1);
    assert.ok(warmWhileHanging.ratio > 0);
    assert.ok(heap[0][0].bytesEach > 0);
    assert.ok(startAndIdle[0].startMs > 0);
  });

  test('leaves no server behind when it is stopped', { skip: onLinux }, async (t) => {
    const { child } = run(t, ['--smoke']);
    const kinds = redisMissing() ? ['test/load/servers/'] : ['test/load/servers/', 'redis-server'];
    let servers: number[] = [];
    await until(() => {
      servers = childrenOf(child.pid as number);
      return kinds.every((kind) => servers.some((pid) => commandOf(pid).includes(kind)));
    });

    child.kill('SIGTERM');
    await once(child, 'exit');

    await until(() => servers.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});
