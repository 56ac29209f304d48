import type { Settings } from '../settings.ts';
import { eitherOf, noUseWith, noUseWithout, requiredWith } from './companions.ts';
import { isByHeaders, isSet, signInBy } from './conditions.ts';
import type { Rule } from './rule.ts';

const proxy = signInBy('proxy');
const signed = isSet('PROXY_JWT_HEADER');

/** Those that carry who it is, and the one with the proof. */
const HEADERS = [
  'PROXY_USER_HEADER',
  'PROXY_EMAIL_HEADER',
  'PROXY_NAME_HEADER',
  'PROXY_GROUPS_HEADER',
  'PROXY_TENANT_HEADER',
  'PROXY_SECRET_HEADER',
] as const;

/** What can be required of somebody whom a gateway names, and the header that says it. A name to show is anybody's choice. */
const REQUIRABLE: Readonly<Record<string, (s: Settings) => string | null>> = {
  user: (s) => s.PROXY_USER_HEADER,
  email: (s) => s.PROXY_EMAIL_HEADER,
  groups: (s) => s.PROXY_GROUPS_HEADER,
  tenant: (s) => s.PROXY_TENANT_HEADER,
};

/** What a gateway's identity headers need before they may be believed, and what they go with. */
export const gatewayRules: readonly Rule[] = [
  ...eitherOf(
    ['PROXY_SECRET', 'PROXY_JWT_HEADER'],
    'what only the gateway knows. `openssl rand -hex 32` makes one',
    proxy,
  ),
  noUseWithout(proxy, 'PROXY_SECRET'),
  requiredWith(isByHeaders, 'TRUSTED_PROXIES', 'the addresses from which the gateway calls'),
  {
    names: ['USER_MAPPING', ...isByHeaders.names],
    holds: (s) => !(isByHeaders.holds(s) && s.USER_MAPPING === 'claim'),
    otherwise: `\`claim\` cannot be used with ${isByHeaders.written}: the gateway has headers and no claims`,
  },
  ...HEADERS.map((name) => noUseWithout(proxy, name)),
  ...HEADERS.map((name) => noUseWith(signed, name, 'the JWT says who it is')),
  ...HEADERS.map(
    (name, index): Rule => ({
      names: [name, ...HEADERS.slice(0, index)],
      holds: (s) => s[name] === null || !HEADERS.slice(0, index).some((other) => s[other] === s[name]),
      otherwise: 'must be another header than those of the other PROXY_…_HEADER settings',
    }),
  ),
  noUseWithout(proxy, 'PROXY_GROUPS_SEPARATOR'),
  noUseWith(signed, 'PROXY_GROUPS_SEPARATOR', 'the JWT has the groups as a list'),
  {
    names: ['SIGN_IN_REQUIRE', ...isByHeaders.names],
    holds: (s) =>
      !isByHeaders.holds(s) || s.SIGN_IN_REQUIRE.every(({ claim }) => Object.hasOwn(REQUIRABLE, claim)),
    otherwise:
      'can name `user`, `email`, `groups` and `tenant` with PORTAL_AUTH=proxy and PROXY_SECRET: a header says nothing else that can be relied on',
  },
  {
    names: [
      ...(['SIGN_IN_REQUIRE', 'PORTAL_AUTH', 'PROXY_JWT_HEADER'] as const),
      ...(['PROXY_EMAIL_HEADER', 'PROXY_GROUPS_HEADER', 'PROXY_TENANT_HEADER'] as const),
    ],
    holds: (s) =>
      !isByHeaders.holds(s) || s.SIGN_IN_REQUIRE.every(({ claim }) => REQUIRABLE[claim]?.(s) !== null),
    otherwise: 'names something whose PROXY_…_HEADER is `none`: nobody could sign in',
  },
  {
    names: ['SIGN_IN_REQUIRE', ...isByHeaders.names, 'TRUST_EMAIL'],
    holds: (s) =>
      !isByHeaders.holds(s) || s.TRUST_EMAIL || s.SIGN_IN_REQUIRE.every(({ claim }) => claim !== 'email'),
    otherwise: 'names `email`, which counts only with TRUST_EMAIL=true where a gateway tells it',
  },
];
