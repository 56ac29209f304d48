export interface StopOptions {
  readonly close: () => Promise<void>;
  /** The process ends this long after the first signal, whatever is still open. */
  readonly timeoutMs: number;
  readonly report: (event: { type: 'stopping' | 'stopped' | 'timeout' | 'failed'; error?: unknown }) => void;
}

/**
 * Closes on SIGTERM and SIGINT. The process then ends by itself with exit code 0, or with 1 when closing fails or takes
 * too long, and at once at a second signal.
 */
export function stopOnSignals({ close, timeoutMs, report }: StopOptions): void {
  let stopping = false;

  function stop(): void {
    if (stopping) process.exit(1);
    stopping = true;
    report({ type: 'stopping' });
    setTimeout(() => {
      report({ type: 'timeout' });
      process.exit(1);
    }, timeoutMs).unref();
    close().then(
      () => report({ type: 'stopped' }),
      (error) => {
        process.exitCode = 1;
        report({ type: 'failed', error });
      },
    );
  }

  process.on('SIGTERM', stop).on('SIGINT', stop);
}
