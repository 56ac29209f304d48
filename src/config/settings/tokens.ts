import { count, duration, rate } from '../kinds/numbers.ts';
import type { Setting } from './setting.ts';

/** Tokens: how long they are kept, and when they are renewed. */
export const tokens = {
  TOKEN_CACHE_MAX: { kind: count, default: '100000', doc: 'Users whose token is cached.' },
  TOKEN_REFRESH_BEFORE: {
    kind: duration,
    default: '10m',
    doc: 'A token with less left (jittered inside that span) is renewed behind the answer.',
  },
  TOKEN_MIN_REMAINING: {
    kind: duration,
    default: '60s',
    doc: 'A token with less left is never handed out.',
  },
  TOKEN_REPLACE_COOLDOWN: {
    kind: duration,
    default: '30s',
    doc: 'When a page says that its token was rejected, the tenant is asked at most once in this time per user; from 1s to 24d.',
  },
  TOKEN_DEADLINE: { kind: duration, default: '8s', doc: '`/qlik-token` has answered after this time.' },
  RATE_LIMIT_MINT: {
    kind: rate,
    default: '6/min',
    doc: 'Tokens minted for one portal user, of all replicas together. Whoever signs in and out in a loop leaves the tenant’s budget to others.',
  },
  RATE_LIMIT_TOKEN: {
    kind: rate,
    default: '600/min',
    doc: 'Calls of `/qlik-token` in one session, at each replica.',
  },
} as const satisfies Record<string, Setting>;
