import { shownList } from '../kinds/lists.ts';
import { duration } from '../kinds/numbers.ts';
import { filePath, text } from '../kinds/texts.ts';
import { oneOf } from '../kinds/words.ts';
import type { Setting } from './setting.ts';

/** Which Qlik user a portal user is. */
export const whichQlikUser = {
  USER_MAPPING: {
    kind: oneOf('subject', 'claim', 'table', 'lookup', 'provision'),
    default: 'subject',
    doc: 'How the Qlik user is found: `subject`, the portal user’s id is the Qlik subject; `claim`, `USER_CLAIM` holds the Qlik user id; `table`, `USER_TABLE` says; `lookup`, the tenant is asked, by subject or verified e-mail; `provision`, the same, and who is not there is created. Then groups are kept in step, too.',
  },
  USER_CLAIM: { kind: text, doc: 'The claim of the portal user that holds the Qlik user id.' },
  USER_TABLE: {
    kind: filePath,
    namesFile: true,
    doc: 'CSV or JSON (by its ending) with `portal_user` and exactly one of `qlik_user_id` and `qlik_subject`. Read again when it changes; when the new one is broken, or lost more than a fifth of its rows, the old one stays in force.',
  },
  USER_REMEMBER: {
    kind: duration,
    default: '15m',
    doc: 'With `lookup` and `provision`: how long a user who was found is remembered before the tenant is asked again, behind an answer.',
  },
  USER_DENY: {
    kind: shownList(text),
    default: '',
    doc: 'Qlik users, by id or subject, that are never impersonated. Compared without case, before the mint and again with the minted token, whatever the mapping knows. Subjects `qlikbot\\…` are always denied.',
  },
} as const satisfies Record<string, Setting>;
