import { directHosts, proxyUrl } from '../kinds/outbound.ts';
import type { Setting } from './setting.ts';

/** How the service reaches the tenant and whoever signs users in. */
export const outbound = {
  HTTPS_PROXY: {
    kind: proxyUrl,
    fromFile: true,
    alsoLowerCase: true,
    doc: '[The proxy](container.md#through-an-outbound-proxy) through which `https:` URLs are called: of the tenant, of the identity provider, and of published keys. As with other programs, `https_proxy` wins over `HTTPS_PROXY`, and so with the two below.',
  },
  HTTP_PROXY: {
    kind: proxyUrl,
    fromFile: true,
    alsoLowerCase: true,
    doc: 'The same for `http:` URLs, of which there are next to none: plain http is for one’s own machine.',
  },
  NO_PROXY: {
    kind: directHosts,
    default: '',
    alsoLowerCase: true,
    doc: 'Hosts that are called without a proxy. `localhost`, `127.0.0.0/8` and `::1` always are.',
  },
} as const satisfies Record<string, Setting>;
