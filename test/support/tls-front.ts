import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';
import type { Certificate } from '../qlik/certificate.ts';
import { freePort } from './test-service.ts';

/** Ends TLS in front of a server of this machine; resolves to its own port. Ended with the test. */
export async function startTlsFront(
  t: Pick<TestContext, 'after'>,
  certificate: Certificate,
  behind: number,
): Promise<number> {
  const server = createServer({ ...certificate }, (socket) => {
    const there = connect(behind, '127.0.0.1');
    there.on('error', () => socket.destroy());
    socket.on('error', () => there.destroy());
    socket.on('close', () => there.destroy());
    socket.pipe(there).pipe(socket);
    t.after(() => socket.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  return port;
}
