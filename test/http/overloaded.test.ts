import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createWaitingRequests } from '../../src/http/waiting-requests.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const MOST = 10_000;

test('a replica with 10,000 requests under way refuses the next at once, and says that it lives', async (t) => {
  const clock = createManualClock();
  const env = { TOKEN_DEADLINE: '60s', SHUTDOWN_TIMEOUT: '61s', RATE_LIMIT_TOKEN: '9999999/s' };
  const service = await createTestService(t, { clock, env });
  const cookie = await service.login('ada');
  service.sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'hang' } });

  const asking = Array.from({ length: MOST }, () => service.fetch({ url: '/qlik-token', cookie }));
  await until(() => service.mints() === 1);
  for (const url of ['/qlik-token', '/session', '/qlik-token.js', '/no/such/path']) {
    const refused = await service.fetch({ url, cookie });
    assert.deepEqual([refused.statusCode, refused.json().code], [503, 'overloaded'], url);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(refused.headers['set-cookie'], undefined);
  }
  for (const url of ['/livez', '/readyz']) assert.equal((await service.fetch({ url })).statusCode, 200, url);

  await clock.advance(60_000);
  const codes = new Set((await Promise.all(asking)).map((answer) => answer.json().code));
  assert.deepEqual([...codes], ['tenant_unavailable']);
  assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
});

describe('requests that wait are counted', () => {
  /** A server that answers when it is told to, and refuses whom it does not admit. */
  async function open(t: TestContext, max: number) {
    const waiting = createWaitingRequests(max);
    const admitted: ServerResponse[] = [];
    let refused = 0;
    let left = 0;
    const server = createServer((request, response) => {
      if (waiting.admit(request, response)) admitted.push(response);
      else {
        refused += 1;
        response.writeHead(503).end();
      }
    });
    server.on('connection', (socket) =>
      socket.once('close', () => {
        left += 1;
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return {
      admitted,
      refused: () => refused,
      left: () => left,
      send(requests: number) {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
        socket.resume().write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(requests));
        return socket;
      },
    };
  }

  test('until they are answered, also one after the other on one connection', async (t) => {
    const { admitted, refused, send } = await open(t, 1);
    const socket = send(1);
    for (let time = 1; time <= 5; time += 1) {
      await until(() => admitted.length === time);
      send(1);
      await until(() => refused() === time);
      const response = admitted.at(-1) as ServerResponse;
      response.end();
      await once(response, 'close');
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    }
  });

  test('until their clients have left, with all that they had sent ahead', async (t) => {
    const { admitted, refused, left, send } = await open(t, 5);
    const socket = send(5);
    await until(() => admitted.length === 5);
    send(1);
    await until(() => refused() === 1);

    socket.destroy();
    await until(() => left() === 1);
    // On some versions of Node only one of the answers is closed with the connection.
    for (const response of admitted) response.end();
    send(5);
    await until(() => admitted.length + refused() === 11);
    send(1);
    await until(() => admitted.length + refused() === 12);
    assert.deepEqual([admitted.length, refused()], [10, 2]);
  });
});
