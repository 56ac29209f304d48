import { goesWith, noUseWithout } from './companions.ts';
import { MAX_TIMER_MS, mappingBy } from './conditions.ts';
import type { Rule } from './rule.ts';

/** The tenant is asked which Qlik user somebody is. */
const asking = mappingBy('lookup', 'provision');

/** What each mapping needs, and what it goes with. */
export const whichQlikUserRules: readonly Rule[] = [
  ...goesWith(mappingBy('claim'), 'USER_CLAIM', 'the claim that holds the Qlik user id'),
  ...goesWith(mappingBy('table'), 'USER_TABLE', 'the path of the file with the table'),
  ...goesWith(
    asking,
    'QLIK_ADMIN_CLIENT_ID',
    'the machine-to-machine OAuth client that finds and creates users',
  ),
  ...goesWith(asking, 'QLIK_ADMIN_CLIENT_SECRET', 'the secret of that client'),
  noUseWithout(asking, 'USER_REMEMBER'),
  {
    names: ['USER_REMEMBER'],
    holds: (s) => s.USER_REMEMBER >= 1_000 && s.USER_REMEMBER < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d',
  },
];
