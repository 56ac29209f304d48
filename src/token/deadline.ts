import type { Clock } from '../lib/clock.ts';
import { TokenError } from '../tenant/token-error.ts';

/** Until when one caller waits for what several may be waiting for. */
export interface Deadline {
  /** By the clock. */
  readonly at: number;
  /** The caller has gone. */
  readonly signal?: AbortSignal;
}

/**
 * The promise's result for one caller, who leaves alone: a passed deadline (`tenant_unavailable`) or an abort ends this
 * caller's wait, and nobody else's.
 */
export function waitFor<T>(promise: Promise<T>, { at, signal }: Deadline, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () =>
      leave(() => reject(new TokenError('tenant_unavailable', 'Qlik Cloud is slow to answer.')));
    const gone = () => leave(() => reject(signal?.reason));
    const cancel = clock.after(Math.max(0, at - clock.now()), tooLate);

    function leave(settle: () => void): void {
      cancel();
      signal?.removeEventListener('abort', gone);
      settle();
    }

    signal?.addEventListener('abort', gone, { once: true });
    if (signal?.aborted) gone();
    promise.then(
      (value) => leave(() => resolve(value)),
      (error) => leave(() => reject(error)),
    );
  });
}
