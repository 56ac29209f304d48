import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QlikError, type QlikErrorDetails } from '../../src/qlik/errors.ts';
import { createCredentialsStatus } from '../../src/tenant/credentials-status.ts';

const MINUTE = 60_000;
const SECOND = 1_000;

const facts = { tenant: 'acme', client: 'impersonation', clientId: 'client' };

/** As Qlik answers: nothing in it says whether client or user is meant. */
function refusal(status = 401, details: QlikErrorDetails = {}): QlikError {
  return new QlikError('refused', `the tenant answered ${status}`, {
    status,
    upstream: { codes: [`HTTP-${status}`] },
    ...details,
  });
}

const away = () => new QlikError('unavailable', 'no answer');

/** `own`: what the tenant says when the client asks for itself. */
function createBench(own: () => Error | undefined) {
  const bench = { now: 1_000_000, own, asked: 0, changes: [] as object[] };
  const status = createCredentialsStatus({
    now: () => bench.now,
    emit: (event) => bench.changes.push(event),
    tenant: 'acme',
    clientId: 'client',
    async askForOwn() {
      bench.asked += 1;
      const error = bench.own();
      if (error) throw error;
    },
  });
  return { bench, status };
}

const granted = () => undefined;
const notGranted = () => refusal(403);

describe('what says for certain whose fault a refusal is', () => {
  it('given a client that minted lately, it is the user’s, and nobody asks', async () => {
    const { status, bench } = createBench(() => refusal());
    status.accepted();
    bench.now += 10 * MINUTE - 1;
    assert.equal(await status.refused('ada', refusal()), 'user');
    assert.equal(bench.asked, 0);
    assert.equal(status.pauseMs('ada'), 0);
  });

  it('given an answer that names the user, it is the user’s, and nobody asks', async () => {
    const { status, bench } = createBench(() => refusal());
    for (let n = 0; n < 100; n += 1)
      assert.equal(await status.refused(`user-${n}`, refusal(401, { namesUser: true })), 'user');
    assert.equal(bench.asked, 0);
    assert.equal(status.pauseMs('zoe'), 0);
  });

  it('given an error of RFC 6749 about the client, it is the client’s, even after a good mint', async () => {
    const { status, bench } = createBench(granted);
    status.accepted();
    assert.equal(await status.refused('ada', refusal(401, { namesClient: true })), 'client');
    assert.deepEqual([bench.asked, status.pauseMs('zoe'), status.healthy], [0, 15_000, false]);
    assert.deepEqual(bench.changes, [{ type: 'tenant.client_refused', ...facts, pauseMs: 15_000 }]);
  });
});

describe('a refusal that could be about either', () => {
  it('is the first user’s when the client is given a token of its own', async () => {
    const { status, bench } = createBench(granted);
    assert.equal(await status.refused('stranger', refusal()), 'user');
    assert.deepEqual([bench.asked, status.pauseMs('stranger'), status.healthy], [1, 0, true]);
  });

  it('is the user’s when the client is refused with another answer: it may not ask for itself', async () => {
    const { status } = createBench(notGranted);
    assert.equal(await status.refused('stranger', refusal(401)), 'user');
  });

  it('is the client’s when both are refused alike, and when the tenant does not say', async () => {
    for (const own of [() => refusal(), away, () => new TypeError('bug')]) {
      const { status } = createBench(own);
      assert.equal(await status.refused('ada', refusal()), 'client');
      assert.equal(status.pauseMs('ada'), 30_000);
    }
  });

  it('costs one question in half a minute, however many are refused', async () => {
    const { status, bench } = createBench(granted);
    await Promise.all(Array.from({ length: 50 }, (_, n) => status.refused(`user-${n}`, refusal())));
    bench.now += 30 * SECOND - 1;
    await status.refused('late', refusal());
    assert.equal(bench.asked, 1);
    bench.now += 1;
    await status.refused('later', refusal());
    assert.equal(bench.asked, 2);
  });
});

describe('given credentials that were good, and are refused by now', () => {
  async function open() {
    const opened = createBench(granted);
    await opened.status.refused('stranger', refusal());
    opened.bench.own = () => refusal();
    opened.bench.now += 30 * SECOND;
    return opened;
  }

  it('nobody is tried for a while, which doubles up to two minutes', async () => {
    const { status, bench } = await open();
    const pauses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      assert.equal(await status.refused(`user-${n}`, refusal()), 'client');
      pauses.push(status.pauseMs('zoe') / SECOND);
      bench.now += Math.max(status.pauseMs('zoe'), 30 * SECOND);
    }
    assert.deepEqual(pauses, [15, 30, 60, 120, 120, 120]);
    assert.equal(status.healthy, false);
    assert.deepEqual(bench.changes[0], { type: 'tenant.client_refused', ...facts, pauseMs: 15_000 });
  });

  it('refusals of calls that were under way make the pause no longer', async () => {
    const { status, bench } = await open();
    for (let n = 0; n < 8; n += 1) await status.refused(`user-${n}`, refusal());
    bench.now += 10 * SECOND;
    await status.refused('late', refusal());
    assert.equal(status.pauseMs('zoe'), 5_000);
    assert.equal(bench.changes.length, 1);
  });

  it('given a mint that succeeds, all is forgiven', async () => {
    const { status, bench } = await open();
    await status.refused('ada', refusal());
    status.accepted();
    assert.deepEqual([status.pauseMs('ada'), status.pauseMs('zoe'), status.healthy], [0, 0, true]);
    assert.deepEqual(bench.changes.at(-1), { type: 'tenant.client_accepted', ...facts });
    assert.equal(await status.refused('ada', refusal()), 'user');
  });
});

// Nobody can say then whether credentials are bad or users strange.
describe('given a client that is refused whatever it asks for', () => {
  it('strangers, however many, do not close the way for others', async () => {
    const { status } = createBench(() => refusal());
    for (let n = 0; n < 1_000; n += 1) {
      await status.refused(`stranger-${n}`, refusal());
      assert.equal(status.pauseMs('zoe'), 0);
    }
  });

  it('each is not tried again for half a minute, then for longer, up to five', async () => {
    const { status, bench } = createBench(() => refusal());
    const pauses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      await status.refused('ada', refusal());
      pauses.push(status.pauseMs('ada') / SECOND);
      bench.now += status.pauseMs('ada');
      assert.equal(status.pauseMs('ada'), 0);
    }
    assert.deepEqual(pauses, [30, 60, 120, 240, 300, 300]);
  });

  it('it is suspected when three users were refused, until a mint succeeds', async () => {
    const { status, bench } = createBench(() => refusal());
    for (const user of ['ada', 'ada', 'bruno']) await status.refused(user, refusal());
    assert.deepEqual([status.healthy, bench.changes], [true, []]);
    await status.refused('chiyo', refusal());
    await status.refused('dora', refusal());
    assert.equal(status.healthy, false);
    assert.deepEqual(bench.changes, [{ type: 'tenant.client_refused', ...facts, pauseMs: 0 }]);

    status.accepted();
    assert.equal(status.healthy, true);
    assert.equal(status.pauseMs('ada'), 0);
    assert.deepEqual(bench.changes.at(-1), { type: 'tenant.client_accepted', ...facts });
  });

  it('a disabled user does not close the way', async () => {
    const { status, bench } = createBench(granted);
    await status.refused('stranger', refusal());
    bench.own = notGranted;
    bench.now += 30 * SECOND;
    assert.equal(await status.refused('another stranger', refusal(401)), 'user');
    assert.equal(status.pauseMs('zoe'), 0);
  });

  it('the memory for them is bounded', async () => {
    const { status } = createBench(() => refusal());
    for (let n = 0; n < 1_001; n += 1) await status.refused(`user-${n}`, refusal());
    assert.equal(status.pauseMs('user-0'), 0);
    assert.ok(status.pauseMs('user-1') > 0);
  });
});
