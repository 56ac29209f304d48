import { LRUCache } from 'lru-cache';
import type { TokenError } from '../tenant/token-error.ts';

/** What the tenant said against users, believed for a while, so that a page that asks again costs no call. */
export interface Refusals {
  remember(key: string, error: TokenError): void;
  find(key: string): TokenError | undefined;
}

const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 10_000;

export function createRefusals(now: () => number): Refusals {
  const refusals = new LRUCache<string, { error: TokenError; until: number }>({ max: MAX_REMEMBERED });
  return {
    remember(key, error) {
      refusals.set(key, { error, until: now() + REMEMBERED_MS });
    },
    find(key) {
      const refusal = refusals.get(key);
      return refusal && now() < refusal.until ? refusal.error : undefined;
    },
  };
}
