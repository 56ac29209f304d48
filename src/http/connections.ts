import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server that is to be stopped. */
export interface Connections {
  /**
   * Ends those that have sent nothing, such as those that browsers open ahead and load balancers open to see whether
   * somebody listens: Node's own `closeIdleConnections` takes them for busy.
   */
  endSilent(): void;
}

/** Knows nothing of requests: whoever keeps an answer until the next one makes each garbage collection copy it. */
export function watchConnections(server: Server): Connections {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  return {
    endSilent() {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}
