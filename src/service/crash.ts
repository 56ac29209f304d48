import type { Emit } from '../events.ts';

/** `EX_SOFTWARE` of sysexits.h. */
const EXIT_CRASHED = 70;

/**
 * Ends the process when something is thrown, or a promise rejected, that nobody caught: what holds after that, nobody
 * knows. Node would print all of it, and a foreign message may quote anything.
 */
export function endOnCrash(emit: Emit): void {
  process.on('uncaughtException', (error) => {
    try {
      emit({ type: 'service.crashed', error });
    } finally {
      process.exit(EXIT_CRASHED);
    }
  });
}
