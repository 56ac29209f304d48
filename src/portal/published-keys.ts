import type { JWTVerifyGetKey } from 'jose';
import type { OutboundConfig } from '../config/outbound-config.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import { fetchKeys } from './fetch-keys.ts';
import { COOLDOWN_MS, createKeySet } from './key-set.ts';
import { createKeysState } from './keys-state.ts';
import { createProviderHttp } from './provider-http.ts';

/** The keys that a signer publishes: a portal, or a gateway. What is known stays while it is away. */
export interface PublishedKeys {
  /** For `jwtVerify` of jose. Rejects with an `IdentityProviderError` when the keys are needed and cannot be had. */
  readonly find: JWTVerifyGetKey;
  /** Another number when other keys are known: what was verified by those of before is to be verified again. */
  generation(): number;
  /** Whether the signer answered when it was last asked. */
  readonly healthy: boolean;
  close(): Promise<void>;
}

export interface PublishedKeysOptions {
  readonly outbound: OutboundConfig;
  /** Of a JWK Set (RFC 7517 §5). */
  readonly url: string;
  readonly clock: Clock;
  /** For one answer. */
  readonly timeoutMs: number;
  readonly emit: Emit;
}

/** Asks at once, and while that fails again and again; later when a key is needed. */
export function createPublishedKeys(options: PublishedKeysOptions): PublishedKeys {
  const { outbound, url, clock, timeoutMs, emit } = options;
  const http = createProviderHttp({ outbound, timeoutMs });
  let cancelRetry = () => {};
  let closed = false;

  const state = createKeysState({
    url,
    emit: (event) => {
      if (!closed) emit(event);
    },
    healthy: false,
    noted(failure) {
      cancelRetry();
      if (closed || !failure) return;
      cancelRetry = clock.after(COOLDOWN_MS + 1_000, () => {
        keys.refresh();
      });
    },
  });
  let generation = 0;
  const keys = createKeySet({
    fetchKeys: () => state.note(() => fetchKeys(http, url)),
    now: clock.now,
    changed() {
      generation += 1;
    },
  });
  keys.refresh();

  return {
    find: keys.find,
    generation() {
      keys.keepFresh();
      return generation;
    },
    get healthy() {
      return state.healthy;
    },
    async close() {
      closed = true;
      cancelRetry();
      await http.close();
    },
  };
}
