import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

/** A folder for an nginx of a test's own. */
export function nginxFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  // Started as root, nginx has its workers run as another user.
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * Runs nginx in the foreground with this configuration, until the test ends, which removes the folder. Resolves, once it
 * listens, to what tells all that it printed.
 */
export async function runNginx(
  t: TestContext,
  folder: string,
  configuration: string,
  port: number,
): Promise<() => string> {
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const nginx = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;']);
  let output = '';
  for (const stream of [nginx.stdout, nginx.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const ended = once(nginx, 'close');
  t.after(async () => {
    nginx.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  while (!(await accepts(port))) {
    assert.equal(nginx.exitCode, null, output);
    await setTimeout(20);
  }
  return () => output;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}
