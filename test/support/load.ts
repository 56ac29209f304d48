import { setTimeout } from 'node:timers/promises';
import type { RoundRobin, Visit } from './round-robin.ts';

/** Visits that ask for their tokens again and again, at a rate that does not depend on the answers. */
export interface Load {
  /** Resolves when all that was asked is answered. */
  stop(): Promise<void>;
}

const TICK_MS = 20;

/** So many requests a second, of one visit after the other; `visits` may grow. */
export function startLoad(roundRobin: RoundRobin, visits: readonly Visit[], perSecond: number): Load {
  const underWay = new Set<Promise<unknown>>();
  const begunAt = performance.now();
  let stopped = false;
  let asked = 0;
  const asking = ask();

  async function ask(): Promise<void> {
    while (!stopped) {
      for (; asked < ((performance.now() - begunAt) / 1_000) * perSecond; asked += 1) {
        const answer = roundRobin.ask(visits[asked % visits.length] as Visit, { path: '/qlik-token' });
        underWay.add(answer);
        void answer.finally(() => underWay.delete(answer));
      }
      await setTimeout(TICK_MS);
    }
  }

  return {
    async stop() {
      stopped = true;
      await asking;
      await Promise.all(underWay);
    },
  };
}
