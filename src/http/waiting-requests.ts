import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that are under way, of which each holds some memory for as long as it waits. */
export interface WaitingRequests {
  /** Counts a request until it is answered or its client has left; false, and not counted, when there are too many. */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
}

export function createWaitingRequests(max: number): WaitingRequests {
  let waiting = 0;
  /** Of each connection: one that is cut off takes along what was sent ahead, whose answers Node then closes or not. */
  const bySocket = new WeakMap<Socket, { waiting: number }>();

  function connectionOf(socket: Socket): { waiting: number } {
    const known = bySocket.get(socket);
    if (known) return known;
    const fresh = { waiting: 0 };
    bySocket.set(socket, fresh);
    socket.once('close', () => {
      waiting -= fresh.waiting;
      fresh.waiting = 0;
    });
    return fresh;
  }

  return {
    admit({ socket }, response) {
      if (waiting >= max) return false;
      const connection = connectionOf(socket);
      waiting += 1;
      connection.waiting += 1;
      response.once('close', () => {
        if (connection.waiting === 0) return;
        waiting -= 1;
        connection.waiting -= 1;
      });
      return true;
    },
  };
}
