import { note } from './log.ts';
import { showCountdown, showIsWell, showState } from './state-line.ts';
import { Trouble } from './trouble.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const TICK_MS = 250;

/**
 * Does something until it is done: while there is trouble that may pass, again and again after a growing while, and at
 * once when it is asked for, or when the browser is back on line.
 */
export function createPatience(action: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  let goOn = () => {};

  async function pause(ms: number): Promise<void> {
    const end = Date.now() + ms;
    const count = () => showCountdown(Math.max(Math.ceil((end - Date.now()) / 1_000), 1));
    const timer = setInterval(count, TICK_MS);
    count();
    await new Promise<void>((resolve) => {
      goOn = resolve;
      setTimeout(resolve, ms);
      addEventListener('online', () => resolve(), { once: true });
    });
    clearInterval(timer);
  }

  async function persist(): Promise<void> {
    let passed = '';
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await action();
        if (passed !== '') note(passed);
        return showIsWell();
      } catch (error) {
        const trouble =
          error instanceof Trouble
            ? error
            : new Trouble(String(error), 'Something is wrong.', { mayPass: false });
        if (!trouble.mayPass) {
          note(`${trouble.message}.`);
          return showState('stopped', trouble.headline, 'Nothing to show');
        }
        if (pauseMs === FIRST_PAUSE_MS)
          note(`${trouble.message}. The page keeps what it has and asks again after a while.`);
        passed = trouble.passed;
        showState('trouble', trouble.headline, 'Waiting for Qlik');
        await pause(Math.max(pauseMs, trouble.afterMs));
      }
    }
  }

  return () => {
    if (underWay) goOn();
    underWay ??= persist().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
