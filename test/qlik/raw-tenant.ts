import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { QlikError } from '../../src/qlik/errors.ts';
import { createQlikHttp, type QlikHttp, type QlikRequest, type QlikResponse } from '../../src/qlik/http.ts';
import { DIRECTLY } from '../support/outbound.ts';
import type { Certificate } from './certificate.ts';

/** A server that speaks to each connection as the test wants, byte by byte. */
export interface RawTenant {
  readonly port: number;
  readonly url: string;
  /** What came over all connections. */
  received(): string;
  readonly connections: number;
}

/** Starts such a server on loopback; `speak` is called when the first bytes of a connection arrive. */
export async function startRawTenant(
  t: TestContext,
  speak: (socket: Socket) => void,
  certificate?: Certificate,
): Promise<RawTenant> {
  const sockets = new Set<Socket>();
  let received = '';
  let connections = 0;
  const onConnection = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => speak(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
  };
  const server: Server = certificate
    ? createTlsServer({ ...certificate }, onConnection).on('tlsClientError', () => {})
    : createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `${certificate ? 'https://localhost' : 'http://127.0.0.1'}:${port}`,
    received: () => received,
    get connections() {
      return connections;
    },
  };
}

/** A client for one tenant, closed with the test. */
export function openHttp(
  t: TestContext,
  tenantUrl: string,
  ca?: string,
  now: () => number = Date.now,
  outbound = DIRECTLY,
): QlikHttp {
  const http = createQlikHttp({ tenantUrl, ca, outbound, connections: 2, now });
  t.after(() => http.close());
  return http;
}

/** For a call that is to be over before: so long that no machine is too slow. */
export const PATIENCE_MS = 120_000;

const mint: QlikRequest = { method: 'POST', path: '/oauth/token', json: { client_secret: 'CANARY-secret' } };

/** Sends a request that holds a secret to a server that speaks so, and gives it that much time. */
export async function sendTo(
  t: TestContext,
  speak: (socket: Socket) => void,
  timeoutMs = PATIENCE_MS,
): Promise<QlikResponse> {
  const { url } = await startRawTenant(t, speak);
  return openHttp(t, url).send(mint, AbortSignal.timeout(timeoutMs));
}

/** The fault with which such a request ends. */
export async function faultOf(
  t: TestContext,
  speak: (socket: Socket) => void,
  timeoutMs?: number,
): Promise<QlikError> {
  try {
    await sendTo(t, speak, timeoutMs);
  } catch (error) {
    if (error instanceof QlikError) return error;
    throw error;
  }
  throw new Error('the request succeeded');
}

/** An HTTP/1.1 message. */
export function message(status: string, headers: Record<string, string | number>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}
