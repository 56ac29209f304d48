import type { JWTVerifyGetKey } from 'jose';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import { fetchKeys } from './fetch-keys.ts';
import type { IdentityProviderError } from './identity-provider-error.ts';
import { COOLDOWN_MS, createKeySet } from './key-set.ts';
import { createProviderHttp } from './provider-http.ts';
import { providerTrouble } from './provider-trouble.ts';

/** The keys that a portal publishes. What is known stays while it is away. */
export interface PublishedKeys {
  /** For `jwtVerify` of jose. Rejects with an `IdentityProviderError` when the keys are needed and cannot be had. */
  readonly find: JWTVerifyGetKey;
  /** Whether the portal answered when it was last asked. */
  readonly healthy: boolean;
  close(): Promise<void>;
}

export interface PublishedKeysOptions {
  /** Of a JWK Set (RFC 7517 §5). */
  readonly url: string;
  readonly clock: Clock;
  /** For one answer. */
  readonly timeoutMs: number;
  readonly emit: Emit;
}

/** Asks at once, and while that fails again and again; later when a key is needed. */
export function createPublishedKeys(options: PublishedKeysOptions): PublishedKeys {
  const { url, clock, timeoutMs, emit } = options;
  const http = createProviderHttp({ timeoutMs });
  const keys = createKeySet({ fetchKeys: ask, now: clock.now });
  let healthy = false;
  let trouble: string | undefined;
  let cancelRetry = () => {};
  let closed = false;

  async function ask() {
    try {
      const found = await fetchKeys(http, url);
      becomes(undefined);
      return found;
    } catch (error) {
      const failure = providerTrouble(error);
      becomes(failure);
      throw failure;
    }
  }

  function becomes(failure: IdentityProviderError | undefined): void {
    cancelRetry();
    if (closed) return;
    if (failure) {
      cancelRetry = clock.after(COOLDOWN_MS + 1_000, () => {
        keys.refresh();
      });
    }
    const isNews = healthy !== (failure === undefined) || trouble !== failure?.details.reason;
    healthy = failure === undefined;
    trouble = failure?.details.reason;
    if (!isNews) return;
    emit(
      failure
        ? { type: 'portal_keys.troubled', url, error: failure }
        : { type: 'portal_keys.recovered', url },
    );
  }

  keys.refresh();

  return {
    find: keys.find,
    get healthy() {
      return healthy;
    },
    async close() {
      closed = true;
      cancelRetry();
      await http.close();
    },
  };
}
