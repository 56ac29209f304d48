import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server that is to be stopped. */
export interface Connections {
  /**
   * Ends those on which nothing is under way. Node's own `closeIdleConnections` spares the ones that have not sent a
   * whole request yet, such as those that browsers open ahead and load balancers open to see whether somebody listens.
   */
  endIdle(): void;
}

export function watchConnections(server: Server): Connections {
  /** With the last answer that was begun on it. */
  const open = new Map<Socket, ServerResponse | undefined>();
  server.on('connection', (socket) => {
    open.set(socket, undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    if (open.has(socket)) open.set(socket, response);
  });

  return {
    endIdle() {
      for (const [socket, response] of open)
        if (response === undefined || response.writableFinished) socket.destroy();
    },
  };
}
