import { note } from './log.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Loads a script and, when that fails, again after a growing while. `watched` is told of each attempt, and gives what is to be
 * told of its end: a status, or 0.
 */
export async function loadScript(
  src: string,
  data: Record<string, string>,
  {
    what,
    watched,
    onFailure,
  }: { what: string; watched: () => (status: number) => void; onFailure: () => void },
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const ended = watched();
    const isLoaded = await new Promise<boolean>((resolve) => {
      const script = document.createElement('script');
      Object.assign(script.dataset, data);
      script.src = src;
      script.addEventListener('load', () => resolve(true));
      script.addEventListener('error', () => {
        script.remove();
        resolve(false);
      });
      document.head.append(script);
    });
    ended(isLoaded ? 200 : 0);
    if (isLoaded) {
      if (pauseMs > FIRST_PAUSE_MS) note(`${what} has come.`);
      return;
    }
    if (pauseMs === FIRST_PAUSE_MS) note(`${what} could not be loaded. The page tries again after a while.`);
    onFailure();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
