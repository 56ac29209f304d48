const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Resolves after the wait that follows so many failures, at most half a minute; at once when `signal` fires. */
export function backoff(failures: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Resolves when the user comes back to the page or to the network, or when `signal` fires. */
export function signOfLife(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const heard = new AbortController();
    const done = () => {
      heard.abort();
      resolve();
    };
    addEventListener('online', done, { signal: heard.signal });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && done(), {
      signal: heard.signal,
    });
    signal.addEventListener('abort', done, { signal: heard.signal });
  });
}
