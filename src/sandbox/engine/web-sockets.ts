import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Call } from '../call-log.ts';
import { type Caller, currentCaller } from '../caller.ts';
import { httpError } from '../errors.ts';
import type { Item } from '../model.ts';
import type { Tenant } from '../tenant.ts';
import type { VerifiedToken } from '../tokens.ts';
import { sees } from '../visibility.ts';
import { tableFor } from './app.ts';
import { CLOSE } from './close-codes.ts';
import { authenticateUpgrade, passesEffects, refuseWithError, requestedApp } from './handshake.ts';
import { createEngineSession } from './session.ts';

/** The WebSockets that are open. */
export interface WebSockets {
  /** Closes them all with this code, such as 4003, which the browser library takes for an engine's end. */
  close(code: number): void;
}

const MAX_FRAME_BYTES = 256 * 1024;
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
const MAX_SOCKETS = 500;
const ON_CONNECTED = JSON.stringify({
  jsonrpc: '2.0',
  method: 'OnConnected',
  params: { qSessionState: 'SESSION_CREATED' },
});

/**
 * `/app/{id}` as a WebSocket: the engine's protocol. Upgrades are logged and meet faults as requests do. An app that
 * does not exist, or that the user does not see, closes the socket with a code of its own, as Qlik's proxy does. A
 * socket ends with 4006 when its token, or the one that was exchanged for it, is revoked, and at the next frame of a
 * user who was disabled or deleted; it outlives the expiry of its token. (At Qlik, both are undocumented.)
 */
export function registerWebSockets(app: FastifyInstance, tenant: Tenant): WebSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const open = new Map<WebSocket, VerifiedToken>();
  const undecided = new Set<Socket>();

  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    undecided.add(socket);
    socket.once('close', () => undecided.delete(socket));
    void upgrade(request, socket, head);
  });

  async function upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const { origin } = request.headers;
    const call: Call = {
      method: 'GET',
      path,
      ...(origin !== undefined && { origin }),
      status: 0,
      at: tenant.now(),
    };
    tenant.calls.record(call);
    try {
      const effects = tenant.faults.take(call);
      const last = effects.at(-1);
      if (last?.type === 'status') call.status = last.status;
      if (!(await passesEffects(effects, { request, socket, closing: tenant.closing }))) return;
      const appId = requestedApp(request, path);
      const caller = await authenticateUpgrade(tenant, request);
      call.subject = caller.user.subject;
      if (open.size >= MAX_SOCKETS) throw httpError(503);
      server.handleUpgrade(request, socket, head, (webSocket) => {
        call.status = 101;
        undecided.delete(socket);
        serve(webSocket, appId, caller);
      });
    } catch (error) {
      if (tenant.closing.aborted) socket.destroy();
      else call.status = refuseWithError(request, socket, error);
    }
  }

  function serve(webSocket: WebSocket, appId: string, caller: Caller): void {
    open.set(webSocket, caller.token);
    webSocket.send(ON_CONNECTED);
    webSocket.once('close', () => open.delete(webSocket));
    webSocket.on('error', closesByItself);
    const item = appItem(appId);
    const space = item && tenant.state.spaces.get(item.spaceId);
    if (!item || !space) closeAtFirstFrame(webSocket, CLOSE.appNotFound, 'App not found');
    else if (!sees(caller, space)) closeAtFirstFrame(webSocket, CLOSE.noPermission, 'No permission');
    else converse(webSocket, caller, { id: appId, title: item.name });
  }

  function appItem(appId: string): Item | undefined {
    return [...tenant.state.items.values()].find(
      ({ resourceType, resourceId }) => resourceType === 'app' && resourceId === appId,
    );
  }

  function converse(webSocket: WebSocket, caller: Caller, opened: { id: string; title: string }): void {
    const session = createEngineSession({
      app: opened,
      userId: caller.user.id,
      table: () => tableFor({ subject: caller.user.subject, groups: groupNames(tenant, caller) }),
    });
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) webSocket.close(1003, 'Text frames only');
      else if (!currentCaller(tenant, caller.token)) refuse(webSocket);
      else if (webSocket.bufferedAmount > MAX_UNREAD_BYTES) webSocket.terminate();
      else webSocket.send(JSON.stringify(session.answer(data.toString())));
    });
  }

  tenant.tokens.onRevoked((id) => {
    for (const [webSocket, token] of open) {
      if (token.id === id || token.parentId === id) refuse(webSocket);
    }
  });

  tenant.closing.addEventListener('abort', () => {
    for (const webSocket of open.keys()) webSocket.terminate();
    for (const socket of undecided) socket.destroy();
  });

  return {
    close(code) {
      for (const webSocket of open.keys()) webSocket.close(code);
    },
  };
}

/** Not before, since the library shows the code only to a call that waits for its answer. */
function closeAtFirstFrame(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.once('message', () => webSocket.close(code, reason));
}

function refuse(webSocket: WebSocket): void {
  webSocket.close(CLOSE.authenticationFailed, 'Authentication failed');
}

function groupNames(tenant: Tenant, { user }: Caller): string[] {
  return user.groupIds.flatMap((id) => tenant.state.groups.get(id)?.name ?? []);
}

/** A frame that is too long or broken: `ws` closes with the code for it before it tells. */
function closesByItself(): void {}
