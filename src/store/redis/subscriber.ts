import type { Redis } from 'ioredis';

export interface RedisSubscriber {
  /**
   * Calls back with each message of a channel, whose name begins with the prefix, until the returned function is
   * called. Messages that are sent while the connection is away are lost: wait for none without a limit.
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** How soon is tried again to subscribe where that was refused. */
const TRY_AGAIN_MS = 500;

/** A connection of its own, since one that is subscribed takes no other commands; made when it is needed first. */
export function createRedisSubscriber(
  connect: () => Redis,
  unavailable: (error: unknown) => never,
): RedisSubscriber {
  const listeners = new Map<string, Set<(message: string) => void>>();
  let connection: Redis | undefined;
  let timer: NodeJS.Timeout | undefined;

  function connected(): Redis {
    if (connection) return connection;
    connection = connect();
    // Those who subscribe are told; for the rest the other connection speaks.
    connection.on('error', () => {});
    connection.on('ready', subscribeAgain);
    connection.on('message', (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message);
    });
    return connection;
  }

  /** Not left to the client, which lets a refusal, or a connection that is cut again, end the process. */
  function subscribeAgain(): void {
    const channels = [...listeners.keys()];
    if (channels.length === 0 || connection?.status !== 'ready') return;
    connection.subscribe(...channels).catch(() => {
      clearTimeout(timer);
      timer = setTimeout(subscribeAgain, TRY_AGAIN_MS).unref();
    });
  }

  function forget(channel: string, listener: (message: string) => void): void {
    const others = listeners.get(channel);
    if (!others?.delete(listener) || others.size > 0) return;
    listeners.delete(channel);
    connection?.unsubscribe(channel).catch(() => {});
  }

  return {
    async subscribe(channel, listener) {
      // A function of its own: the same one may listen twice.
      const own = (message: string) => listener(message);
      const others = listeners.get(channel);
      if (others) others.add(own);
      else listeners.set(channel, new Set([own]));
      try {
        await connected().subscribe(channel);
      } catch (error) {
        forget(channel, own);
        unavailable(error);
      }
      return () => forget(channel, own);
    },

    async close() {
      clearTimeout(timer);
      listeners.clear();
      connection?.disconnect();
    },
  };
}
