/** Who in this process waits for which lease. */
export interface LeaseWaits {
  /** True when the name is told, false after `withinMs`. Rejects with the reason of an aborted signal. */
  wait(name: string, withinMs: number, signal?: AbortSignal): Promise<boolean>;
  /** Ends all waits for the name. */
  tell(name: string): void;
  /** Ends all waits. */
  tellAll(): void;
}

/** Calls back once after `ms` milliseconds; the returned function takes that back. */
export type After = (ms: number, callback: () => void) => () => void;

export function createLeaseWaits(after: After): LeaseWaits {
  const waiting = new Map<string, Set<(told: boolean) => void>>();

  function tell(name: string): void {
    for (const end of waiting.get(name) ?? []) end(true);
  }

  return {
    wait(name, withinMs, signal) {
      return new Promise((resolve, reject) => {
        const others = waiting.get(name) ?? new Set();
        waiting.set(name, others.add(end));
        const cancel = after(withinMs, () => end(false));
        signal?.addEventListener('abort', gone, { once: true });
        if (signal?.aborted) gone();

        function end(told: boolean): void {
          leave();
          resolve(told);
        }

        function gone(): void {
          leave();
          reject(signal?.reason);
        }

        function leave(): void {
          cancel();
          signal?.removeEventListener('abort', gone);
          others.delete(end);
          if (others.size === 0 && waiting.get(name) === others) waiting.delete(name);
        }
      });
    },

    tell,

    tellAll() {
      for (const name of waiting.keys()) tell(name);
    },
  };
}
