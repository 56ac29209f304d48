import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { Leases } from '../../src/store/leases.ts';

/** Leases under test, as two replicas see them. Every test uses names of its own. */
export interface LeasesUnderTest {
  readonly here: Leases;
  /** Of another replica; the same object where there is only one. */
  readonly there: Leases;
  /** Lets so much time pass, or a little more. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Short, for leases that can only wait; long, against what the calls themselves take. */
const LEASE_MS = 400;
const MARGIN_MS = 150;
const LONG_MS = 600_000;

/** What all `Leases` promise, seen through the port alone. */
export function describeLeases(name: string, createLeases: () => Promise<LeasesUnderTest>): void {
  async function open(t: TestContext) {
    const underTest = await createLeases();
    t.after(() => underTest.close());
    return { ...underTest, name: `{user}:work-${randomUUID()}` };
  }

  describe(`${name} as leases`, () => {
    test('of many who take one at once, one gets it', async (t) => {
      const { here, there, name } = await open(t);

      const got = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? here : there).take(name, LONG_MS)),
      );

      assert.equal(got.filter((lease) => lease !== undefined).length, 1);
    });

    test('two names are two leases', async (t) => {
      const { here, there, name } = await open(t);

      assert.ok(await here.take(name, LONG_MS));
      assert.ok(await there.take(`${name}2`, LONG_MS));
    });

    test('once it is released, somebody else gets it', async (t) => {
      const { here, there, name } = await open(t);
      const lease = await here.take(name, LONG_MS);

      await lease?.release();

      assert.ok(await there.take(name, LONG_MS));
    });

    test('a holder that says nothing more has it for its time and no longer', async (t) => {
      const { here, there, advance, name } = await open(t);
      await here.take(name, LEASE_MS);

      await advance(LEASE_MS - MARGIN_MS);
      assert.equal(await there.take(name, LEASE_MS), undefined);
      await advance(MARGIN_MS);
      assert.ok(await there.take(name, LEASE_MS));
    });

    // Guards against a slow holder that ends the lease of the next one.
    test('a release that comes late, or twice, leaves the next holder’s lease alone', async (t) => {
      const { here, there, advance, name } = await open(t);
      const late = await here.take(name, LEASE_MS);
      await advance(LEASE_MS + MARGIN_MS);
      const next = await there.take(name, LONG_MS);
      assert.ok(next);

      await late?.release();
      assert.equal(await here.take(name, LONG_MS), undefined);

      await next.release();
      const third = await here.take(name, LONG_MS);
      await next.release();
      assert.ok(third);
      assert.equal(await there.take(name, LONG_MS), undefined);
    });

    test('whoever waits for one that nobody has does not wait', async (t) => {
      const { here, name } = await open(t);
      await here.ended(name, LONG_MS);
    });

    test('whoever waits is told of the release, here and elsewhere', async (t) => {
      const { here, there, name } = await open(t);
      const lease = await here.take(name, LONG_MS);
      const waits = [follow(here.ended(name, LONG_MS)), ...many(10, () => there.ended(name, LONG_MS))];
      await tick();
      assert.ok(waits.every(({ state }) => state === 'pending'));

      await lease?.release();

      await Promise.all(waits.map(({ settled }) => settled));
    });

    test('a release of another name, or a late one of an earlier holder, ends no wait', async (t) => {
      const { here, there, advance, name } = await open(t);
      const late = await here.take(name, LEASE_MS);
      await advance(LEASE_MS + MARGIN_MS);
      await here.take(name, LONG_MS);
      const other = await here.take(`${name}2`, LONG_MS);
      const wait = follow(there.ended(name, LONG_MS));
      await tick();

      await late?.release();
      await other?.release();
      await tick();

      assert.equal(wait.state, 'pending');
    });

    test('whoever waits for a holder that says nothing more goes on when its time is over', async (t) => {
      const { here, there, advance, name } = await open(t);
      await here.take(name, LEASE_MS);
      const wait = follow(there.ended(name, LONG_MS));

      await advance(LEASE_MS - MARGIN_MS);
      assert.equal(wait.state, 'pending');
      await advance(MARGIN_MS * 2);
      await wait.settled;
      assert.ok(await there.take(name, LEASE_MS));
    });

    test('whoever waits goes on after the longest wait, although somebody still has it', async (t) => {
      const { here, there, advance, name } = await open(t);
      await here.take(name, LONG_MS);
      const wait = follow(there.ended(name, LEASE_MS));

      await advance(LEASE_MS - MARGIN_MS);
      assert.equal(wait.state, 'pending');
      await advance(MARGIN_MS * 2);

      await wait.settled;
      assert.equal(await there.take(name, LEASE_MS), undefined);
    });

    test('whoever leaves waits no longer, and the others go on waiting', async (t) => {
      const { here, there, name } = await open(t);
      await here.take(name, LONG_MS);
      const leaving = new AbortController();
      const gone = there.ended(name, LONG_MS, leaving.signal);
      const stays = follow(there.ended(name, LONG_MS));
      await tick();

      leaving.abort(new Error('gone'));

      await assert.rejects(gone, /gone/);
      await assert.rejects(there.ended(name, LONG_MS, leaving.signal), /gone/);
      await tick();
      assert.equal(stays.state, 'pending');
    });

    test('what is closed releases what it has and ends its waits', async (t) => {
      const { here, name } = await open(t);
      await here.take(name, LONG_MS);
      const wait = follow(here.ended(name, LONG_MS));
      await tick();

      await here.close();

      await wait.settled;
    });
  });
}

function follow(promise: Promise<void>) {
  const wait = {
    state: 'pending',
    settled: promise.finally(() => {
      wait.state = 'settled';
    }),
  };
  wait.settled.catch(() => {});
  return wait;
}

function many(count: number, begin: () => Promise<void>) {
  return Array.from({ length: count }, () => follow(begin()));
}

/** Long enough for a call to have reached a store on this machine. */
function tick(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}
