import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

/**
 * Lets a program that listens on this port of loopback run until the test ends, which removes the folder with its files.
 * Resolves, once it listens, to what tells all that it printed.
 */
export function runsUntilTheEnd(
  t: Pick<TestContext, 'after'>,
  program: ChildProcess,
  { folder, port }: { readonly folder: string; readonly port: number },
): Promise<() => string> {
  const ended = once(program, 'close');
  t.after(async () => {
    program.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  return untilListens(program, port);
}

/**
 * Resolves, once the port accepts connections, to what tells all that the program printed since; fails with that when the
 * program ends before.
 */
export async function untilListens(program: ChildProcess, port: number): Promise<() => string> {
  let output = '';
  for (const stream of [program.stdout, program.stderr])
    stream?.on('data', (data) => {
      output += data;
    });
  while (!(await accepts(port))) {
    assert.equal(program.exitCode ?? program.signalCode, null, output);
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
