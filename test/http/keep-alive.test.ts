import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createTestService } from '../support/test-service.ts';

/** A connection that has had an answer, and says nothing from then on. */
async function idleConnection(
  t: TestContext,
  env: Record<string, string>,
): Promise<{ socket: Socket; answer: string }> {
  const service = await createTestService(t, { env });
  await service.listen();
  const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = await once(socket, 'data');
  return { socket, answer: String(answer) };
}

// Guards against 502s of load balancers, which send a request into a connection that the service is closing.
test('an idle connection is closed after KEEP_ALIVE_TIMEOUT and not before; by default it outlives one of AWS’s', async (t) => {
  const { socket: usual, answer } = await idleConnection(t, {});
  const seconds = Number(/^keep-alive: timeout=(\d+)/im.exec(answer)?.[1]);
  assert.ok(seconds > 60, `${seconds} s`);
  const { socket: long } = await idleConnection(t, { KEEP_ALIVE_TIMEOUT: '3s' });
  const { socket: short } = await idleConnection(t, { KEEP_ALIVE_TIMEOUT: '1s' });
  const ended: string[] = [];
  for (const [name, socket] of Object.entries({ usual, long, short }))
    socket.once('close', () => ended.push(name));

  await setTimeout(500);
  assert.deepEqual(ended, []);
  await Promise.all([once(long, 'close'), once(short, 'close')]);
  assert.deepEqual(ended, ['short', 'long']);
});
