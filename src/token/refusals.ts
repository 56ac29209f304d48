import { BoundedMap } from '../lib/bounded-map.ts';
import type { TokenError } from '../tenant/token-error.ts';

/** What the tenant said against users, believed for a while, so that a page that asks again costs no call. */
export interface Refusals {
  remember(id: string, error: TokenError): void;
  find(id: string): TokenError | undefined;
}

const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 10_000;

export function createRefusals(now: () => number): Refusals {
  const refusals = new BoundedMap<string, { error: TokenError; until: number }>(MAX_REMEMBERED);
  return {
    remember(id, error) {
      refusals.set(id, { error, until: now() + REMEMBERED_MS });
    },
    find(id) {
      const refusal = refusals.get(id);
      return refusal && now() < refusal.until ? refusal.error : undefined;
    },
  };
}
