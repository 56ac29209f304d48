import type { Emit } from '../events.ts';

export interface StopOptions {
  readonly close: () => Promise<void>;
  /** Reads files again that an operator has changed; absent where none is followed. */
  readonly readAgain?: (() => Promise<void>) | undefined;
  /** The process ends this long after the first signal, whatever is still open. */
  readonly timeoutMs: number;
  readonly emit: Emit;
}

/**
 * Closes on SIGTERM and SIGINT, and on SIGHUP where there is nothing to be read again. The process then ends by itself
 * with exit code 0, or with 1 when closing fails or takes too long, and at once at a second signal.
 */
export function stopOnSignals({ close, readAgain, timeoutMs, emit }: StopOptions): void {
  let stopping = false;

  function stop(): void {
    if (stopping) process.exit(1);
    stopping = true;
    emit({ type: 'service.stopping' });
    setTimeout(() => {
      emit({ type: 'service.stop_timed_out' });
      process.exit(1);
    }, timeoutMs).unref();
    close().then(
      () => emit({ type: 'service.stopped' }),
      (error) => {
        process.exitCode = 1;
        emit({ type: 'service.stop_failed', error });
      },
    );
  }

  process
    .on('SIGTERM', stop)
    .on('SIGINT', stop)
    .on('SIGHUP', () => (readAgain ? void readAgain() : stop()));
}

/** Node's own answer to SIGUSR1 is a debugger's port, through which every secret and token can be read. */
export function keepDebuggerShut(): void {
  process.on('SIGUSR1', () => {});
}
