import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';

/** Watches what clients ask a Redis on loopback; resolves to a function that tells the commands so far, scripts' own left out. */
export function monitorRedis(t: TestContext, port: number): Promise<() => string[]> {
  return monitor(t, port, /^\+[\d.]+ \[\d+ 127\./);
}

/** The same for what scripts do. */
export function monitorScripts(t: TestContext, port: number): Promise<() => string[]> {
  return monitor(t, port, /^\+[\d.]+ \[\d+ lua\]/);
}

async function monitor(t: TestContext, port: number, by: RegExp): Promise<() => string[]> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let seen = '';
  socket.on('data', (data) => {
    seen += data;
  });
  socket.write('MONITOR\r\n');
  await once(socket, 'data');
  return () =>
    seen
      .split('\r\n')
      .filter((line) => by.test(line))
      .map((line) => line.slice(line.indexOf('"')));
}
