import { HOUR_MS, MAX_TIMER_MS } from './conditions.ts';
import type { Rule } from './rule.ts';

/** Spans of time that would leave nobody with a token. */
export const tokenRules: readonly Rule[] = [
  {
    names: ['TOKEN_REFRESH_BEFORE'],
    holds: (s) => s.TOKEN_REFRESH_BEFORE <= 24 * HOUR_MS,
    otherwise: 'must be at most 24h: no token is kept for longer',
  },
  {
    names: ['TOKEN_MIN_REMAINING'],
    holds: (s) => s.TOKEN_MIN_REMAINING <= HOUR_MS,
    otherwise: 'must be at most 1h: Qlik Cloud’s tokens live for six, and none might be handed out',
  },
  {
    names: ['TOKEN_MIN_REMAINING', 'TOKEN_REFRESH_BEFORE'],
    holds: (s) => s.TOKEN_MIN_REMAINING < s.TOKEN_REFRESH_BEFORE,
    otherwise: 'must be less than TOKEN_REFRESH_BEFORE',
  },
  {
    names: ['TOKEN_REPLACE_COOLDOWN'],
    holds: (s) => s.TOKEN_REPLACE_COOLDOWN >= 1_000 && s.TOKEN_REPLACE_COOLDOWN < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d',
  },
  {
    names: ['TOKEN_DEADLINE'],
    holds: (s) => s.TOKEN_DEADLINE >= 100 && s.TOKEN_DEADLINE <= 60_000,
    otherwise: 'must be from 100ms to 60s',
  },
];
