import type { BrokerConfig } from '../config/broker-config.ts';
import type { RedisConfig } from '../config/store-config.ts';
import type { RunningService } from '../events.ts';
import { ownVersion } from '../lib/own-version.ts';

/** What an operator wants to see at a glance of a service that starts. Nothing secret. */
export function whatRuns({ portal, tenants, store, publicUrl }: BrokerConfig): RunningService {
  return {
    version: ownVersion(),
    node: process.versions.node,
    portalAuth: portal.auth,
    tenants: tenants.map(({ url, mapping }) => ({ url, mapping: mapping.by })),
    store: store.type === 'memory' ? 'memory' : redisPlace(store),
    publicUrl: publicUrl.href,
  };
}

/** Without user names and passwords. Behind Sentinels, these and the primary's name. */
function redisPlace({ url, sentinel }: RedisConfig): string {
  const scheme = url.tls ? 'rediss' : 'redis';
  const places = (sentinel?.addresses ?? [url]).map(hostAndPort).join(',');
  return sentinel
    ? `${scheme} ${sentinel.name} at sentinels ${places}`
    : `${scheme}://${places}/${url.database}`;
}

function hostAndPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
