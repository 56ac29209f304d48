import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Facts, judge, type Revocation } from './judge.ts';
import { createPeople } from './people.ts';
import { createReplica, type Replica } from './replicas.ts';
import { type Answer, type Call, createRoundRobin, type RoundRobin, type Visit } from './round-robin.ts';
import { type Chapter, type Row, timeline } from './timeline.ts';
import { until } from './until.ts';

/** Three processes of the service, a round robin before them, a tenant behind them, and the record of what they answered. */
export interface Stage {
  readonly replicas: readonly Replica[];
  /** The settings of all of them, by now. */
  env(): Record<string, string>;
  readonly roundRobin: RoundRobin;
  /** All that signed in, signed out again or not. */
  readonly visits: readonly Visit[];
  /** A line of the timeline begins. */
  chapter(title: string): void;
  login(user: string): Promise<void>;
  /** Signs out, once or everywhere, and tries again until that is answered; then asks each replica. */
  logOut(visit: Visit, everywhere?: boolean): Promise<void>;
  /** Asks each replica for a token until it says yes or no. */
  judgeAt(visit: Visit): Promise<void>;
  /** As an operator, a user's tokens or everybody's. */
  revoke(user?: string): Promise<void>;
  /** Redis is away until this has ended, and by then each replica has answered what it was asked meanwhile. */
  outage(span: () => Promise<void>): Promise<void>;
  /** Resolves when all that are signed in have got a token again, and each replica has handed out some. */
  allIsWell(): Promise<void>;
  /** Restarts one replica after the other with these settings besides the others. */
  deploy(env: Record<string, string>, afterEach?: () => Promise<void>): Promise<void>;
  /** How many tokens the tenant was asked for. */
  mints(): number;
  /** What broke a rule, a line for each. */
  faults(): string[];
  timeline(): Row[];
}

const ADMIN_TOKEN = 'operator-'.repeat(4);
/** After what a page tries again. */
const AGAIN_MS = 300;

/** Starts them with these settings for these portal users; ended with the test. */
export async function setStage(
  t: TestContext,
  people: readonly string[],
  settings: Record<string, string>,
): Promise<Stage> {
  const { users, mints, env: environment } = await createPeople(t, people);

  const replicas = [
    await createReplica(t, 'one'),
    await createReplica(t, 'two'),
    await createReplica(t, 'three'),
  ];
  let env: Record<string, string> = {
    ...environment,
    PUBLIC_URL: 'http://localhost:8080',
    ADMIN_TOKEN,
    LOG_LEVEL: 'info',
    ...settings,
  };
  await Promise.all(replicas.map((replica) => replica.start(env)));

  const answers: Answer[] = [];
  const roundRobin = createRoundRobin(replicas, (answer) => answers.push(answer));
  const visits: Visit[] = [];
  const revocations: Revocation[] = [];
  const chapters: Chapter[] = [];

  function facts(): Facts {
    return { answers, revocations, users, begunAt: chapters[0]?.begunAt ?? 0 };
  }

  /** Tries again while Redis is away, or too slow on a busy machine. */
  async function untilTaken(visit: Visit, call: Call): Promise<Answer> {
    for (;;) {
      const answer = await roundRobin.ask(visit, call);
      if (answer.status > 0 && answer.status < 500) return answer;
      await setTimeout(AGAIN_MS);
    }
  }

  async function askAll(visit: Visit): Promise<Answer[]> {
    return Promise.all(replicas.map((replica) => roundRobin.ask(visit, { path: '/qlik-token', replica })));
  }

  return {
    replicas,
    env: () => env,
    roundRobin,
    visits,
    mints,
    faults: () => judge(facts()),
    timeline: () => timeline(chapters, facts()),

    chapter(title) {
      chapters.push({ title, begunAt: performance.now() });
    },

    async login(user) {
      const visit: Visit = { user, cookie: '' };
      const { cookie } = await untilTaken(visit, { method: 'POST', path: '/login', body: { user } });
      assert.equal(cookie, 'renewed');
      visits.push(visit);
    },

    async logOut(visit, everywhere = false) {
      const ended = everywhere ? visits.filter(({ user }) => user === visit.user) : [visit];
      const begunAt = performance.now();
      for (const each of ended) each.logout = { begunAt, endedAt: Number.POSITIVE_INFINITY };
      await untilTaken(visit, { method: 'POST', path: '/logout', body: { everywhere } });
      for (const each of ended) each.logout = { begunAt, endedAt: performance.now() };
      await Promise.all(ended.map(askAll));
    },

    async judgeAt(visit) {
      for (const replica of replicas) await untilTaken(visit, { path: '/qlik-token', replica });
    },

    async revoke(user) {
      const [{ adminUrl }] = replicas as [Replica];
      const begunAt = performance.now();
      const path = user === undefined ? '/admin/tokens' : `/admin/users/${user}/tokens`;
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      await until(async () => (await fetch(adminUrl + path, { method: 'DELETE', headers })).status === 200);
      revocations.push({ begunAt, endedAt: performance.now(), ...(user !== undefined && { user }) });
    },

    async outage(span) {
      const visit = visits.findLast(({ logout }) => !logout) as Visit;
      const answers = Promise.all([askAll(visit), span()]);
      for (const { status, replica } of (await answers)[0]) assert.equal(status, 503, replica);
    },

    async allIsWell() {
      const begunAt = performance.now();
      await until(async () => {
        await setTimeout(AGAIN_MS);
        const served = answers.filter((answer) => answer.status === 200 && answer.begunAt > begunAt);
        const waiting = new Set(visits.filter(({ logout }) => !logout));
        for (const { visit } of served) waiting.delete(visit);
        return waiting.size === 0 && new Set(served.map(({ replica }) => replica)).size === replicas.length;
      });
    },

    async deploy(more, afterEach = async () => {}) {
      env = { ...env, ...more };
      for (const replica of replicas) {
        await replica.stop();
        await replica.start(env);
        await afterEach();
      }
    },
  };
}
