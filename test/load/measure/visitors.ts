import { setTimeout } from 'node:timers/promises';
import { pageHeaders } from './http-load.ts';
import type { BenchService } from './service.ts';

/** Users who come and go: each signs in, asks for a token, asks again, and signs out. */
export interface Visitors {
  /** How many came and went. */
  readonly visits: number;
  /** Answers that did not come, or were others than they should be. */
  readonly lost: number;
  /** Ends the visits; resolves when those under way have ended. */
  leave(): Promise<void>;
}

const AT_ONCE = 16;
/** After each visit; without it they would keep busy whoever loads the server. */
const PAUSE_MS = 500;

export function createVisitors(service: BenchService, users: number): Visitors {
  let visits = 0;
  let lost = 0;
  let leaving = false;
  /** Users who are not here now; whoever was away longest comes next. */
  const away = [...service.absent(users)];

  async function visit(user: string): Promise<void> {
    const cookie = await service.loginAs(user);
    for (let request = 0; request < 2; request += 1) await expectOk('GET', '/qlik-token', cookie);
    await expectOk('POST', '/logout', cookie);
  }

  async function expectOk(method: string, path: string, cookie: string): Promise<void> {
    const response = await fetch(service.url + path, { method, headers: { ...pageHeaders, cookie } });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${method} ${path} was answered with ${response.status}`);
  }

  async function comeAndGo(): Promise<void> {
    while (!leaving) {
      const user = away.shift();
      if (user === undefined) return;
      try {
        await visit(user);
        visits += 1;
      } catch (error) {
        lost += 1;
        process.stderr.write(`lost: ${(error as Error).message}\n`);
      }
      away.push(user);
      await setTimeout(PAUSE_MS);
    }
  }
  const all = Promise.all(Array.from({ length: AT_ONCE }, comeAndGo));

  return {
    get visits() {
      return visits;
    },
    get lost() {
      return lost;
    },
    async leave() {
      leaving = true;
      await all;
    },
  };
}
