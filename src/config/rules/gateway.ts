import { goesWith, noUseWithout, requiredWith } from './companions.ts';
import { isProxy, signInBy } from './conditions.ts';
import type { Rule } from './rule.ts';

const proxy = signInBy('proxy');

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
  ...goesWith(proxy, 'PROXY_SECRET', 'what only the gateway knows. `openssl rand -hex 32` makes one'),
  requiredWith(proxy, 'TRUSTED_PROXIES', 'the addresses from which the gateway calls'),
  {
    names: ['USER_MAPPING', 'PORTAL_AUTH'],
    holds: (s) => !(isProxy(s) && s.USER_MAPPING === 'claim'),
    otherwise: '`claim` cannot be used with PORTAL_AUTH=proxy, which has headers and no claims',
  },
  ...HEADERS.map((name) => noUseWithout(proxy, name)),
  ...HEADERS.map(
    (name, index): Rule => ({
      names: [name, ...HEADERS.slice(0, index)],
      holds: (s) => s[name] === null || !HEADERS.slice(0, index).some((other) => s[other] === s[name]),
      otherwise: 'must be another header than those of the other PROXY_…_HEADER settings',
    }),
  ),
];
