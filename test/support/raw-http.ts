import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends exactly these bytes over a connection of its own; resolves to all that came back until it was closed. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (data) => {
    received += data;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}
