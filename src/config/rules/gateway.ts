import { gateway } from '../settings/gateway.ts';
import { isProxy } from './conditions.ts';
import type { Rule } from './rule.ts';

/** Those that carry who it is, and the one with the proof. */
const HEADERS = [
  'PROXY_USER_HEADER',
  'PROXY_EMAIL_HEADER',
  'PROXY_NAME_HEADER',
  'PROXY_GROUPS_HEADER',
  'PROXY_TENANT_HEADER',
  'PROXY_SECRET_HEADER',
] as const;

/** What a gateway's identity headers need before they may be believed, and what they go with. */
export const gatewayRules: readonly Rule[] = [
  {
    names: ['PROXY_SECRET', 'PORTAL_AUTH'],
    holds: (s) => isProxy(s) === (s.PROXY_SECRET !== undefined),
    otherwise: 'goes with PORTAL_AUTH=proxy: give both or neither',
  },
  {
    names: ['TRUSTED_PROXIES', 'PORTAL_AUTH'],
    holds: (s) => !isProxy(s) || s.TRUSTED_PROXIES.length > 0,
    otherwise: 'is required with PORTAL_AUTH=proxy: the addresses from which the gateway calls',
  },
  {
    names: ['USER_MAPPING', 'PORTAL_AUTH'],
    holds: (s) => !(isProxy(s) && s.USER_MAPPING === 'claim'),
    otherwise: '`claim` cannot be used with PORTAL_AUTH=proxy, which has headers and no claims',
  },
  ...HEADERS.map(
    (name): Rule => ({
      names: [name, 'PORTAL_AUTH'],
      holds: (s) => isProxy(s) || s[name] === gateway[name].default,
      otherwise: 'goes with PORTAL_AUTH=proxy only',
    }),
  ),
  ...HEADERS.map(
    (name, index): Rule => ({
      names: [name, ...HEADERS.slice(0, index)],
      holds: (s) => s[name] === null || !HEADERS.slice(0, index).some((other) => s[other] === s[name]),
      otherwise: 'must be another header than those of the other PROXY_…_HEADER settings',
    }),
  ),
];
