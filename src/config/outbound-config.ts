import type { DirectHosts, ProxyServer } from './kinds/outbound.ts';
import { isLoopback } from './loopback.ts';
import type { Settings } from './settings.ts';

/** Through which proxies calls go, by the scheme of their URL. */
export interface OutboundConfig {
  readonly https: ProxyServer | undefined;
  readonly http: ProxyServer | undefined;
  readonly direct: DirectHosts;
}

/** What the settings of the proxies mean. */
export function outboundConfig({ HTTPS_PROXY, HTTP_PROXY, NO_PROXY }: Settings): OutboundConfig {
  return { https: HTTPS_PROXY, http: HTTP_PROXY, direct: NO_PROXY };
}

/** The proxy for a URL; undefined when it is called directly, as this machine itself always is. */
export function proxyFor({ https, http, direct }: OutboundConfig, url: string): ProxyServer | undefined {
  const { protocol, hostname, port } = new URL(url);
  const proxy = protocol === 'https:' ? https : http;
  if (!proxy || isLoopback(hostname) || hostname.endsWith('.localhost')) return undefined;
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return direct.holds(hostname, Number(port || defaultPort)) ? undefined : proxy;
}
