import { isLoopback } from '../loopback.ts';
import { noUseWithout } from './companions.ts';
import { isDemo, isProduction, signInBy } from './conditions.ts';
import type { Rule } from './rule.ts';

/** What the demo sign-in is kept to. */
export const portalSignInRules: readonly Rule[] = [
  {
    names: ['PORTAL_AUTH', 'NODE_ENV'],
    holds: (s) => !(isDemo(s) && isProduction(s)),
    otherwise: '`demo` lets anybody sign in as anybody; it is refused when NODE_ENV is production',
  },
  {
    names: ['HOST', 'PORTAL_AUTH'],
    holds: (s) => !isDemo(s) || isLoopback(s.HOST),
    otherwise: 'must be loopback (`127.0.0.1`, `localhost` or `::1`) with PORTAL_AUTH=demo',
  },
  {
    names: ['PUBLIC_URL', 'PORTAL_AUTH'],
    holds: (s) => !isDemo(s) || isLoopback(s.PUBLIC_URL.hostname),
    otherwise: 'must name this machine (`localhost`) with PORTAL_AUTH=demo, which answers no other host',
  },
  noUseWithout(signInBy('demo'), 'DEMO_USERS'),
  {
    names: ['TRUST_EMAIL', 'PORTAL_AUTH'],
    holds: (s) => !(isDemo(s) && s.TRUST_EMAIL),
    otherwise: 'has no use with PORTAL_AUTH=demo, which believes every e-mail',
  },
];
