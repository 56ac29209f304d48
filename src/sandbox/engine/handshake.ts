import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { bearerOf, type Caller, callerOfToken } from '../caller.ts';
import { errorBody, httpError, QlikError } from '../errors.ts';
import type { FaultEffect } from '../faults.ts';
import type { Tenant } from '../tenant.ts';

const PATH = /^\/app\/([\w-]{1,100})(?:\/identity\/[^/]+)?(?:\/ttl\/\d+)?$/;

/** The app that a WebSocket is for. Throws a 404 when the path is no app's, or the request no WebSocket's. */
export function requestedApp(request: IncomingMessage, path: string): string {
  const appId = PATH.exec(path)?.[1];
  if (appId === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket') throw httpError(404);
  return appId;
}

/**
 * Who opens a WebSocket: a browser proves it by `accessToken` in the query, which is a token exchanged for this
 * purpose, a server by the access token itself as bearer. Throws a 401; and a 403 when the request comes from a
 * page of an origin that the client does not allow. (What Qlik answers is undocumented. A browser sees either as 1006.)
 */
export async function authenticateUpgrade(tenant: Tenant, request: IncomingMessage): Promise<Caller> {
  const { authorization, origin } = request.headers;
  const exchanged = new URLSearchParams(request.url?.split('?', 2)[1]).get('accessToken');
  const bearer = bearerOf(authorization);
  let caller: Caller | undefined;
  if (exchanged !== null) caller = await callerOfToken(tenant, exchanged, 'websocket');
  else if (bearer !== undefined) caller = await callerOfToken(tenant, bearer);
  if (!caller) throw httpError(401);
  if (origin !== undefined && !caller.client.allowedOrigins.includes(origin)) throw httpError(403);
  return caller;
}

/**
 * Lets an upgrade meet its effects. Resolves to whether it goes on; when not, it was answered or left hanging. The
 * effects that are made of a body make no sense here, and reset the connection. Rejects when the sandbox closes.
 */
export async function passesEffects(
  effects: readonly FaultEffect[],
  { request, socket, closing }: { request: IncomingMessage; socket: Socket; closing: AbortSignal },
): Promise<boolean> {
  for (const effect of effects) {
    if (effect.type === 'latency') {
      await delay(effect.delayMs, undefined, { signal: closing });
      continue;
    }
    if (effect.type === 'status') {
      const { status, headers = {}, body = errorBody(httpError(status)) } = effect;
      refuse(request, socket, { status, headers, body });
    } else if (effect.type !== 'hang') {
      socket.resetAndDestroy();
    }
    return false;
  }
  return true;
}

/** Answers an upgrade with an HTTP error in Qlik's words; what is no QlikError is a 500. Returns the status. */
export function refuseWithError(request: IncomingMessage, socket: Socket, error: unknown): number {
  const refusal = error instanceof QlikError ? error : httpError(500);
  refuse(request, socket, { status: refusal.status, headers: refusal.headers, body: errorBody(refusal) });
  return refusal.status;
}

function refuse(
  request: IncomingMessage,
  socket: Socket,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: unknown },
): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(text);
}
