import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { missing } from '../docker/tools.ts';
import { runsUntilTheEnd } from './listening.ts';
import { freePort } from './test-service.ts';

/** Why the tests that need it are skipped; false where it is installed. When `CI` is set, it is an error instead. */
export const noTinyproxy = missing({ programs: ['tinyproxy'] });

export interface Tinyproxy {
  /** Host and port. */
  readonly host: string;
  /** With user and password. */
  readonly url: string;
  /** What was asked for by CONNECT, in order, host and port. */
  tunnels(): string[];
}

export const PROXY_USER = 'broker';
export const PROXY_PASSWORD = 'proxy-canary-b7f2';

/**
 * The real tinyproxy, which wants a password and leads to port 443 alone. Names lead to ports of this machine, since behind it
 * stands another proxy that knows them. Ended with the test.
 */
export async function startTinyproxy(
  t: Pick<TestContext, 'after'>,
  names: Readonly<Record<string, number>>,
): Promise<Tinyproxy> {
  const port = await freePort();
  const crossroads = await startCrossroads(t, names);
  const folder = mkdtempSync(join(tmpdir(), 'tinyproxy-'));
  const file = join(folder, 'tinyproxy.conf');
  writeFileSync(
    file,
    [
      `Port ${port}`,
      'Listen 127.0.0.1',
      'Timeout 60',
      'LogLevel Connect',
      'Allow 127.0.0.1',
      'ConnectPort 443',
      `BasicAuth ${PROXY_USER} ${PROXY_PASSWORD}`,
      `Upstream http 127.0.0.1:${crossroads}`,
      '',
    ].join('\n'),
  );
  const output = await runsUntilTheEnd(t, spawn('tinyproxy', ['-d', '-c', file]), { folder, port });
  return {
    host: `127.0.0.1:${port}`,
    url: `http://${PROXY_USER}:${PROXY_PASSWORD}@127.0.0.1:${port}`,
    tunnels: () =>
      [...output().matchAll(/Request .*: CONNECT (\S+) HTTP/g)].map(([, host]) => host as string),
  };
}

/** Leads each name to its port of this machine; any other is 502. */
async function startCrossroads(
  t: Pick<TestContext, 'after'>,
  names: Readonly<Record<string, number>>,
): Promise<number> {
  const server = createServer().on('connect', ({ url = '' }, socket, head) => {
    const port = names[url.replace(/:443$/, '')];
    socket.on('error', () => {});
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    there.on('error', () => socket.destroy());
    socket.on('close', () => there.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return port;
}
