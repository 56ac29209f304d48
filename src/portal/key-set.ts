import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { createSingleFlight } from '../lib/single-flight.ts';

export interface KeySetOptions {
  /** Gets the keys (RFC 7517 §5) from whoever signs. */
  readonly fetchKeys: () => Promise<JSONWebKeySet>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called when other keys came than were known. */
  readonly changed?: () => void;
}

/** A signer's keys, as they are known. */
export interface KeySet {
  /** For `jwtVerify` of jose. */
  readonly find: JWTVerifyGetKey;
  /** Fetches them, unless that was tried just now. Never rejects. */
  refresh(): Promise<void>;
  /** Fetches them behind the answer, if they are old. */
  keepFresh(): void;
}

/** However many unknown keys are named, the signer is asked once in this time. */
export const COOLDOWN_MS = 30_000;
/** Keys that are older are fetched again before they are used. */
const FRESH_MS = 10 * 60_000;

/**
 * The signer's keys. They are fetched when one is needed that is not known, or when they are
 * old; one fetch at a time and in `COOLDOWN_MS`, failed ones included. When it fails, the old keys stay. Rejects with
 * the last fetch's error when that failed and the key is not known: then nobody can say whether it is the signer's.
 */
export function createKeySet({ fetchKeys, now, changed }: KeySetOptions): KeySet {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let text: string | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let trouble: unknown;
  const flight = createSingleFlight<void>();

  async function fetchAnew(): Promise<void> {
    triedAt = now();
    try {
      const fetched = await fetchKeys();
      keys = createLocalJWKSet(fetched);
      fetchedAt = now();
      if (text !== JSON.stringify(fetched)) changed?.();
      text = JSON.stringify(fetched);
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
  }

  function refresh(): Promise<void> {
    if (!flight.underWay && now() - triedAt < COOLDOWN_MS) return Promise.resolve();
    return flight.join(fetchAnew);
  }

  const areOld = () => now() - fetchedAt >= FRESH_MS;

  return {
    refresh,
    keepFresh() {
      if (areOld()) refresh();
    },
    async find(header, token) {
      if (areOld()) await refresh();
      if (!keys) throw trouble;
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await refresh();
        return keys(header, token).catch((again) => {
          throw trouble ?? again;
        });
      }
    },
  };
}
