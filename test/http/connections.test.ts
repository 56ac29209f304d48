import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createTestService } from '../support/test-service.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

// Guards against garbage that lives from one request of a connection to its next: each collection would copy it.
test('an answer that was sent is kept by nobody, though its connection stays open', async (t) => {
  const service = await createTestService(t);
  await service.listen();
  const answers: WeakRef<object>[] = [];
  service.app.server.on('request', (_request, response) => answers.push(new WeakRef(response)));
  const { hostname, port } = new URL(service.origin);
  const sockets = Array.from({ length: 8 }, () => connect(Number(port), hostname));
  t.after(() => sockets.map((socket) => socket.destroy()));
  for (const socket of sockets) {
    socket.write(`GET /qlik-token HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    await once(socket, 'data');
  }

  // What waits for the next turn of the event loop is not kept.
  await setImmediate();
  collectGarbage();
  assert.equal(answers.length, sockets.length);
  assert.ok(answers.filter((answer) => answer.deref()).length <= 1, 'the last one at most');
  assert.ok(sockets.every(({ closed }) => !closed));
});
