import { list } from '../kinds/lists.ts';
import { count, duration } from '../kinds/numbers.ts';
import { secret } from '../kinds/texts.ts';
import { oneOf } from '../kinds/words.ts';
import type { Setting } from './setting.ts';

/** Sessions and their cookie. */
export const sessions = {
  SESSION_SECRET: {
    kind: list(secret(32)),
    required: true,
    fromFile: true,
    doc: 'Signs the session cookie, and seals that of a sign-in under way; `openssl rand -hex 32` makes one. A list: the first signs, all verify. Rotated as `STORE_KEY` is; a single replica can begin with the second step.',
  },
  SESSION_IDLE_TIMEOUT: {
    kind: duration,
    default: '30m',
    doc: 'A session ends when unused for this long.',
  },
  SESSION_LIFETIME: { kind: duration, default: '10h', doc: 'A session ends this long after the sign-in.' },
  SESSIONS_PER_USER: {
    kind: count,
    default: '20',
    doc: 'Sessions that a portal user may have at once. Each further sign-in ends the oldest.',
  },
  SESSION_SAME_SITE: {
    kind: oneOf('lax', 'strict', 'none'),
    default: 'lax',
    doc: '`SameSite` of the session cookie. `none`, for pages of another site: with https and `PORTAL_AUTH=assertion` only; the cookie is then also `Partitioned`.',
  },
} as const satisfies Record<string, Setting>;
