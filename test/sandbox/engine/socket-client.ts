import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { accessToken, type Json, postToken } from '../tenant-client.ts';

export const APP = '3d2c9e74-8f5d-4aa1-9c43-2e7f90bd5c63';

/** A WebSocket to the engine, one answer at a time. */
export interface EngineClient {
  socket: WebSocket;
  /** Sends a frame as it is and resolves to the next that comes. */
  exchange(frame: string): Promise<Json>;
  /** Calls a method; resolves to the whole answer. */
  call(handle: number, method: string, params?: unknown): Promise<Json>;
  /** The code that it is closed with. */
  closed(): Promise<number>;
}

interface OpenOptions {
  /** Sent as bearer. */
  token?: string;
  /** Sent in the query. */
  exchanged?: string;
  origin?: string;
  path?: string;
}

/** Opens a WebSocket; rejects with the status of a refusal as `HTTP <status>`. Ended with the test. */
export async function openEngine(
  t: Pick<TestContext, 'after'>,
  sandbox: Sandbox,
  { token, exchanged, origin, path = `/app/${APP}` }: OpenOptions,
): Promise<EngineClient> {
  const query = exchanged === undefined ? '' : `?reloadUri=x&accessToken=${exchanged}`;
  const socket = new WebSocket(sandbox.url.replace(/^http/, 'ws') + path + query, {
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(origin === undefined ? {} : { origin }),
    },
  });
  t.after(() => socket.terminate());
  const closed = new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });
  const frames: Json[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    frames.push(JSON.parse(data.toString()));
    wake();
  });
  const next = async () => {
    while (frames.length === 0) {
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
        closed.then((code) => Promise.reject(new Error(`closed ${code}`))),
      ]);
    }
    return frames.shift() as Json;
  };
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`HTTP ${response.statusCode}`));
    });
    socket.on('error', reject);
  });
  await next(); // OnConnected

  let id = 0;
  const exchange = (frame: string) => {
    socket.send(frame);
    return next();
  };
  return {
    socket,
    exchange,
    closed: () => closed,
    call(handle, method, params = []) {
      id += 1;
      return exchange(JSON.stringify({ jsonrpc: '2.0', id, handle, method, params }));
    },
  };
}

/** A token for a WebSocket, as the browser library gets it for a page of this origin. */
export async function exchangedToken(sandbox: Sandbox, token: string, origin: string): Promise<string> {
  const body = {
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    purpose: 'websocket',
    client_id: sandbox.impersonationClient.clientId,
  };
  return accessToken(await postToken(sandbox, body, { origin }));
}

/** The code of the error in an answer. */
export function errorCode(answer: Json): number | undefined {
  return (answer.error as { code: number } | undefined)?.code;
}

/** What an answer returned under a name. */
export function result<T = unknown>(answer: Json, name: string): T {
  return (answer.result as Json)[name] as T;
}
