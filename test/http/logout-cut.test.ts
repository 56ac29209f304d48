import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { type RecordStore, StoreUnavailableError } from '../../src/store/record-store.ts';
import { assertKept, assertProblem } from '../session/browser.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';

const REVOCATION = '/oauth/revoke';

/** A service whose store can fail, before or after it did what it was asked. */
async function open(t: TestContext) {
  const clock = createManualClock(Date.now());
  const memory = createMemoryStore({ now: clock.now });
  let failing: readonly (keyof RecordStore)[] = [];
  const store = { ...memory };
  for (const name of ['remove', 'removePartition', 'advanceEmpty'] as const) {
    const call = memory[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(store, {
      async [name](...args: unknown[]) {
        // As a Redis that is frozen, and does later what it was asked.
        const result = await call(...args);
        if (failing.includes(name)) throw new StoreUnavailableError();
        return result;
      },
    });
  }
  const service = await createTestService(t, { store, clock });
  const cookie = await service.login('ada');
  const token = async (cookie: string) =>
    (await service.fetch({ url: '/qlik-token', cookie })).json().access_token as string;
  return {
    service,
    clock,
    cookie,
    token,
    fail(...names: (keyof RecordStore)[]) {
      failing = names;
    },
    logOut: (payload?: object) =>
      service.fetch({ method: 'POST', url: '/logout', cookie, ...(payload && { payload }) }),
    revocations: () => service.sandbox.calls.count({ path: REVOCATION }),
  };
}

for (const [what, payload, failing] of [
  ['removed the session', undefined, ['remove']],
  ['removed each session', { everywhere: true }, ['removePartition']],
] as [string, object | undefined, (keyof RecordStore)[]][]) {
  test(`given a sign-out in which the store ${what}, the token ends when the store is back`, async (t) => {
    const { service, clock, cookie, token, fail, logOut, revocations } = await open(t);
    const before = await token(cookie);
    fail(...failing, 'advanceEmpty');

    const refused = await logOut(payload);
    assertProblem(refused, 503, 'store_unavailable');
    assertKept(refused);
    assert.equal((await logOut(payload)).statusCode, 200, 'to repeat it does no harm');
    await clock.advance(10_000);
    assert.equal(revocations(), 0);

    fail();
    await clock.advance(2_000);
    assert.notEqual(await token(await service.login('ada')), before);
    assert.equal(revocations(), 1);
  });
}

test('given a sign-out that failed, and another session, the token stays', async (t) => {
  const { service, clock, cookie, token, fail, logOut, revocations } = await open(t);
  const other = await service.login('ada');
  const before = await token(cookie);
  fail('remove');
  assertProblem(await logOut(), 503, 'store_unavailable');

  fail();
  await clock.advance(10_000);
  assert.equal(await token(other), before);
  assert.equal(revocations(), 0);
});
