import type { Emit } from '../events.ts';
import type { IdentityProviderError } from './identity-provider-error.ts';
import { providerTrouble } from './provider-trouble.ts';

/** Whether a signer told its keys when it was last asked. */
export interface KeysState {
  readonly healthy: boolean;
  /** Notes how `ask` ends, and tells of a change. Rejects with an `IdentityProviderError`. */
  note<T>(ask: () => Promise<T>): Promise<T>;
}

export interface KeysStateOptions {
  /** As the configuration writes it. */
  readonly url: string;
  readonly emit: Emit;
  /** Before the signer was asked. */
  readonly healthy: boolean;
  /** Called after each time that it was asked. */
  readonly noted?: (failure: IdentityProviderError | undefined) => void;
}

export function createKeysState({ url, emit, healthy: atFirst, noted }: KeysStateOptions): KeysState {
  let healthy = atFirst;
  let trouble: string | undefined;

  function becomes(failure: IdentityProviderError | undefined): void {
    noted?.(failure);
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

  return {
    get healthy() {
      return healthy;
    },
    async note(ask) {
      try {
        const found = await ask();
        becomes(undefined);
        return found;
      } catch (error) {
        const failure = providerTrouble(error);
        becomes(failure);
        throw failure;
      }
    },
  };
}
