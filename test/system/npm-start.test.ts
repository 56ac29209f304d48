import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { baseEnv } from '../config/base-env.ts';
import { freePort } from '../support/test-service.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

// Guards against dash, which npm runs the script in: it would end at the signal and leave node running.
test('SIGTERM to npm start ends the service', async (t) => {
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: root,
    // A group of its own, so that the test can end whatever npm leaves behind.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...baseEnv,
      PATH: process.env.PATH,
      PORT: String(await freePort()),
      ADMIN_PORT: String(await freePort()),
    },
  });
  t.after(() => signalGroup(npm.pid as number, 'SIGKILL'));
  let output = '';
  npm.stdout.on('data', (data) => {
    output += data;
    if (!npm.killed && output.includes('"event":"service.listening"')) npm.kill('SIGTERM');
  });

  const ended = once(npm, 'close');
  await once(npm, 'exit');

  assert.ok(!signalGroup(npm.pid as number, 0), `npm has left a process behind:\n${output}`);
  await ended;
  assert.match(output, /"event":"service.stopped"/);
});

/** Sends a signal, 0 for none, to each process of the group; false when there is none. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
