import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCredentialsStatus } from '../../src/tenant/credentials-status.ts';

const MINUTE = 60_000;

const facts = { tenant: 'acme', client: 'impersonation', clientId: 'client' };

function createBench() {
  const time = { now: 1_000_000 };
  const changes: object[] = [];
  const status = createCredentialsStatus({
    now: () => time.now,
    emit: (event) => changes.push(event),
    tenant: 'acme',
    clientId: 'client',
  });
  return { status, time, changes };
}

it('given a client that minted lately, a refusal is the user’s', () => {
  const { status, time } = createBench();
  status.accepted();
  time.now += 10 * MINUTE - 1;
  assert.equal(status.refused('ada', false), 'user');
});

it('given a client that minted ten minutes ago, a refusal counts as the client’s', () => {
  const { status, time } = createBench();
  status.accepted();
  time.now += 10 * MINUTE;
  assert.equal(status.refused('ada', false), 'client');
});

it('given a client that never minted, a refusal that names the user is the user’s', () => {
  const { status } = createBench();
  assert.equal(status.refused('ada', true), 'user');
});

it('given one user who is refused again and again, the way stays open for others', () => {
  const { status, changes } = createBench();
  for (let i = 0; i < 100; i += 1) assert.equal(status.refused('ada', false), 'client');
  assert.equal(status.pauseMs('zoe'), 0);
  assert.equal(status.healthy, true);
  assert.deepEqual(changes, []);
});

// Guards against a tenant that is asked at every request of a portal with few users.
it('given one user who is refused, that user is not tried again for half a minute, then for longer', () => {
  const { status, time } = createBench();
  status.refused('ada', false);
  assert.equal(status.pauseMs('ada'), 30_000);
  time.now += 30_000;
  assert.equal(status.pauseMs('ada'), 0);
  status.refused('ada', false);
  assert.equal(status.pauseMs('ada'), 60_000);
  assert.equal(status.pauseMs('bruno'), 0);
});

it('given one user who is refused, a mint for somebody else lets that user be tried again', () => {
  const { status } = createBench();
  status.refused('ada', false);
  status.accepted();
  assert.equal(status.pauseMs('ada'), 0);
});

it('given three different users who are refused, the way is closed for a quarter of a minute', () => {
  const { status, time, changes } = createBench();
  status.refused('ada', false);
  status.refused('bruno', false);
  assert.equal(status.pauseMs('zoe'), 0);
  status.refused('chiyo', false);
  assert.equal(status.pauseMs('zoe'), 15_000);
  assert.equal(status.healthy, false);
  assert.deepEqual(changes, [{ type: 'tenant.client_refused', ...facts, pauseMs: 15_000 }]);
  time.now += 15_000;
  assert.equal(status.pauseMs('zoe'), 0);
  assert.equal(status.healthy, false);
});

it('given users who are refused by name, the way stays open however many they are', () => {
  const { status } = createBench();
  for (let i = 0; i < 100; i += 1) status.refused(`user-${i}`, true);
  assert.equal(status.pauseMs('zoe'), 0);
});

it('given a client in good status, the way stays open however many are refused', () => {
  const { status } = createBench();
  status.accepted();
  for (let i = 0; i < 100; i += 1) assert.equal(status.refused(`user-${i}`, false), 'user');
  assert.equal(status.pauseMs('zoe'), 0);
});

it('given others who are refused after each pause, the pauses double up to two minutes', () => {
  const { status, time } = createBench();
  for (const user of ['ada', 'bruno', 'chiyo']) status.refused(user, false);
  const pauses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    pauses.push(status.pauseMs('zoe'));
    time.now += status.pauseMs('zoe');
    status.refused(`user-${i}`, false);
  }
  assert.deepEqual(pauses, [15_000, 30_000, 60_000, 120_000, 120_000, 120_000]);
});

// Guards against strangers whose pages ask for ever, and who each time were the first after the pause.
it('given strangers who are tried whenever they may be, somebody else has half a minute after each short pause', () => {
  const { status, time } = createBench();
  const strangers = ['ada', 'bruno', 'chiyo'];
  for (const user of strangers) status.refused(user, false);
  let open = 0;
  for (let second = 0; second < 600; second += 1) {
    time.now += 1_000;
    if (status.pauseMs('zoe') === 0) open += 1;
    for (const user of strangers) if (status.pauseMs(user) === 0) status.refused(user, false);
  }
  assert.ok(open >= 400, `open for ${open} of 600 seconds`);
});

it('given credentials that were mended, a user who was refused before is tried within ten minutes, though strangers ask too', () => {
  const { status, time } = createBench();
  const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
  for (const user of users) status.refused(user, false);
  let tried = 0;
  for (; tried < 600 && status.pauseMs('user-7') > 0; tried += 1) {
    time.now += 1_000;
    for (const user of users.slice(0, 3)) if (status.pauseMs(user) === 0) status.refused(user, false);
  }
  assert.ok(tried < 600, `not within ${tried} seconds`);
});

it('given very many users who are refused, the memory for them is bounded', () => {
  const { status } = createBench();
  for (let i = 0; i < 1_001; i += 1) status.refused(`user-${i}`, false);
  assert.equal(status.pauseMs('user-0'), status.pauseMs('zoe'));
  assert.ok(status.pauseMs('user-1') > status.pauseMs('zoe'));
});

it('given calls that were under way when the way was closed, their refusals close it no longer', () => {
  const { status, time, changes } = createBench();
  for (let i = 0; i < 8; i += 1) status.refused(`user-${i}`, false);
  time.now += 10_000;
  status.refused('late', false);
  assert.equal(status.pauseMs('zoe'), 5_000);
  assert.equal(changes.length, 1);
});

it('given a mint that succeeds, all is forgiven', () => {
  const { status, changes } = createBench();
  for (const user of ['ada', 'bruno', 'chiyo']) status.refused(user, false);
  status.accepted();
  assert.equal(status.pauseMs('zoe'), 0);
  assert.equal(status.healthy, true);
  assert.deepEqual(changes.at(-1), { type: 'tenant.client_accepted', ...facts });
  assert.equal(status.refused('ada', false), 'user');
});

it('given a mint that succeeded between, earlier refusals do not count any more', () => {
  const { status, time } = createBench();
  status.refused('ada', false);
  status.refused('bruno', false);
  status.accepted();
  time.now += 10 * MINUTE;
  status.refused('chiyo', false);
  assert.equal(status.pauseMs('zoe'), 0);
});
