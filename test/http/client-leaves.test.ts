import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createStoreProbe } from '../session/store-probe.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

// Guards against alarms for every page that is loaded anew during a slow mint.
test('a page that goes away during its mint is a line in the log, and no error', async (t) => {
  const service = await createTestService(t);
  service.sandbox.faults.add({
    match: { method: 'POST', path: '/oauth/token' },
    effect: { type: 'latency', delayMs: 500 },
  });
  const cookie = await service.login('ada');
  const socket = connect(Number(new URL(await service.listen()).port), '127.0.0.1');
  socket.write(`GET /qlik-token HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nCookie: ${cookie}\r\n\r\n`);
  await until(() => service.mints() === 1);
  socket.destroy();
  await until(() => service.entries('request.abandoned').length === 1);
  await until(() => service.entries('token.minted').length === 1);

  const levels = service.logged.map((line) => JSON.parse(line).level);
  assert.ok(
    levels.every((level) => level < 50),
    service.logged.join(''),
  );
  assert.ok(
    service.entries('request.completed').every(({ status }) => Number(status) < 500),
    service.logged.join(''),
  );
});

test('a browser that goes away during its sign-out is signed out, and a line in the log', async (t) => {
  const store = createStoreProbe();
  const service = await createTestService(t, { store });
  const cookie = await service.login('ada');
  const held = store.hold('remove');
  const socket = connect(Number(new URL(await service.listen()).port), '127.0.0.1');
  socket.write(
    `POST /logout HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`,
  );
  await until(() => held.waiting === 1);
  socket.destroy();
  await until(() => service.entries('request.abandoned').length === 1);
  held.release();
  await until(() => service.entries('session.ended').length === 1);
  assert.deepEqual(
    service.entries('request.abandoned').map(({ method, route }) => [method, route]),
    [['POST', '/logout']],
  );
});
