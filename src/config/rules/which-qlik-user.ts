import { asksTenant, MAX_TIMER_MS } from './conditions.ts';
import type { Rule } from './rule.ts';

/** What each mapping needs, and what it goes with. */
export const whichQlikUserRules: readonly Rule[] = [
  {
    names: ['USER_CLAIM', 'USER_MAPPING'],
    holds: (s) => (s.USER_MAPPING === 'claim') === (s.USER_CLAIM !== undefined),
    otherwise: 'goes with USER_MAPPING=claim: give both or neither',
  },
  {
    names: ['USER_TABLE', 'USER_MAPPING'],
    holds: (s) => (s.USER_MAPPING === 'table') === (s.USER_TABLE !== undefined),
    otherwise: 'goes with USER_MAPPING=table: give both or neither',
  },
  {
    names: ['QLIK_ADMIN_CLIENT_ID', 'USER_MAPPING'],
    holds: (s) => asksTenant(s) === (s.QLIK_ADMIN_CLIENT_ID !== undefined),
    otherwise: 'goes with USER_MAPPING=lookup or provision: it is required then, and pointless otherwise',
  },
  {
    names: ['QLIK_ADMIN_CLIENT_SECRET', 'USER_MAPPING'],
    holds: (s) => asksTenant(s) === (s.QLIK_ADMIN_CLIENT_SECRET !== undefined),
    otherwise: 'goes with USER_MAPPING=lookup or provision: it is required then, and pointless otherwise',
  },
  {
    names: ['USER_REMEMBER'],
    holds: (s) => s.USER_REMEMBER >= 1_000 && s.USER_REMEMBER < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d',
  },
];
