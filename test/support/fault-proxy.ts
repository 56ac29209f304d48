import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort } from './test-service.ts';

/** Stands between the service and a server on loopback, and does to their connections what networks do. */
export interface FaultProxy {
  readonly port: number;
  /** Ends all connections and takes no new ones. */
  refuse(): Promise<void>;
  /** From now on not a byte passes, on old connections and on new ones; nobody is told. */
  freeze(): void;
  /** Ends all connections; new ones pass. */
  cut(): void;
  /** As if nothing had been; what was frozen arrives now. */
  heal(): Promise<void>;
  /** How many connections there were so far. */
  readonly connections: number;
}

export async function createFaultProxy(t: TestContext, target: number): Promise<FaultProxy> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let frozen = false;
  let connections = 0;
  let server = await listen();

  async function listen(): Promise<Server> {
    const listening = createServer((near) => {
      connections += 1;
      const far = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on('data', (data) => to.write(data));
        from.on('error', () => {});
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
        if (frozen) from.pause();
      }
    });
    listening.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  }

  function cut(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  t.after(() => {
    cut();
    server.close();
  });

  return {
    port,
    get connections() {
      return connections;
    },
    async refuse() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    cut,
    async heal() {
      frozen = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) server = await listen();
    },
  };
}
