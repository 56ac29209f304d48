import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createSlowStore } from '../support/slow-store.ts';
import { createTestService } from '../support/test-service.ts';

const ROUNDS = 40;

// Guards against a token that is handed out between a sign-out's look and its revocation.
test('given a slow store, no token that is handed out around a last sign-out is being revoked, and none of before is left', async (t) => {
  const seed = 1 + Math.floor(Math.random() * 2_147_483_645);
  t.diagnostic(`seed ${seed}`);
  const service = await createTestService(t, {
    store: createSlowStore(seed),
    env: { RATE_LIMIT_MINT: '100000/min', TENANT_BUDGET: '100000/min', LOG_LEVEL: 'silent' },
    sandbox: { tierTwoPerMinute: 100_000, tierOnePerMinute: 100_000 },
  });
  const ask = (cookie: string) => service.fetch({ url: '/qlik-token', cookie });
  const isAccepted = async (token: string) => {
    const response = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.status === 200;
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    const cookie = await service.login('ada');
    const before = (await ask(cookie)).json().access_token as string;
    const signedIn = delay(round % 12).then(async () => {
      const next = await service.login('ada');
      return { next, answers: [await ask(next), await ask(next)] };
    });
    const late = ask(cookie);
    await service.fetch({ method: 'POST', url: '/logout', cookie });
    const { next, answers } = await signedIn;
    await late;

    const handedOut = answers.map((answer) => answer.json().access_token as string);
    await delay(60); // for revocations that are under way
    for (const token of handedOut) assert.ok(await isAccepted(token), `round ${round}: it is being revoked`);
    assert.equal((await ask(next)).json().access_token, handedOut[1]);
    await service.fetch({ method: 'POST', url: '/logout', cookie: next });
    const all = new Set([before, ...handedOut]);
    for (const token of all) {
      let tries = 0;
      while ((await isAccepted(token)) && tries < 100) {
        tries += 1;
        await delay(20);
      }
      assert.ok(tries < 100, `round ${round}: a token is left alive`);
    }
  }
});
