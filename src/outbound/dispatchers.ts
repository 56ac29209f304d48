import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { ProxyServer } from '../config/kinds/outbound.ts';
import { type OutboundConfig, proxyFor } from '../config/outbound-config.ts';
import { ProxyError } from './proxy-error.ts';

export interface DispatchersOptions {
  readonly outbound: OutboundConfig;
  /** To each origin. */
  readonly connections: number;
  /** In bytes. */
  readonly maxResponseSize: number;
  /** For a connection, and for the way through a proxy. */
  readonly connectTimeoutMs: number;
  /** PEM, trusted besides the usual certificates. */
  readonly ca?: string | undefined;
}

/** Connections of undici's, kept open: directly, or through the proxy that the configuration names. */
export interface Dispatchers {
  /** Calls of this URL through a proxy that fails reject with a `ProxyError`. */
  for(url: string): Dispatcher;
  /** Calls under way fail. */
  close(): Promise<void>;
}

/** Certificates are verified in any case, those of whoever is reached through a proxy by that one's own name. */
export function createDispatchers(options: DispatchersOptions): Dispatchers {
  const { outbound, connections, maxResponseSize, connectTimeoutMs, ca } = options;
  const tls = {
    timeout: connectTimeoutMs,
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
  };
  const made = new Map<ProxyServer | undefined, Dispatcher>();

  function dispatcherThrough(proxy: ProxyServer | undefined): Dispatcher {
    if (!proxy) return new Agent({ connections, maxResponseSize, connect: tls });
    return new ProxyAgent({
      uri: proxy.origin,
      ...(proxy.authorization && { token: proxy.authorization.reveal() }),
      connections,
      maxResponseSize,
      requestTls: tls,
      proxyTls: { timeout: connectTimeoutMs, rejectUnauthorized: true },
      clientFactory: (origin, poolOptions) =>
        tellingTunnels(new Pool(origin, poolOptions), proxy, connectTimeoutMs),
    });
  }

  return {
    for(url) {
      const proxy = proxyFor(outbound, url);
      const dispatcher = made.get(proxy) ?? dispatcherThrough(proxy);
      made.set(proxy, dispatcher);
      return dispatcher;
    },
    async close() {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/**
 * The same pool of connections to a proxy, whose failures are the proxy's by name. A proxy that takes a connection and says
 * nothing is given up: undici itself would wait for five minutes.
 */
function tellingTunnels(pool: Pool, { host }: ProxyServer, timeoutMs: number): Pool {
  const connect: (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> =
    pool.connect.bind(pool);
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
      const signal = AbortSignal.timeout(timeoutMs);
      const tunnel = await connect({ ...options, signal }).catch((error: { code?: unknown }) => {
        const reason = signal.aborted ? 'timeout' : String(error.code ?? 'unknown');
        throw new ProxyError({ proxy: host, reason });
      });
      if (tunnel.statusCode === 200) return tunnel;
      tunnel.socket.on('error', () => {}).destroy();
      throw new ProxyError({ proxy: host, status: tunnel.statusCode });
    },
  });
}
