import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCredentialsStatus } from '../../src/tenant/credentials-status.ts';

const MINUTE = 60_000;

function createBench() {
  const time = { now: 1_000_000 };
  const changes: object[] = [];
  const standing = createCredentialsStatus({
    now: () => time.now,
    onChange: (change) => changes.push(change),
  });
  return { standing, time, changes };
}

it('given a client that minted lately, a refusal is the user’s', () => {
  const { standing, time } = createBench();
  standing.accepted();
  time.now += 10 * MINUTE - 1;
  assert.equal(standing.refused('ada', false), 'user');
});

it('given a client that minted ten minutes ago, a refusal counts as the client’s', () => {
  const { standing, time } = createBench();
  standing.accepted();
  time.now += 10 * MINUTE;
  assert.equal(standing.refused('ada', false), 'client');
});

it('given a client that never minted, a refusal that names the user is the user’s', () => {
  const { standing } = createBench();
  assert.equal(standing.refused('ada', true), 'user');
});

it('given one user who is refused again and again, the way stays open for others', () => {
  const { standing, changes } = createBench();
  for (let i = 0; i < 100; i += 1) assert.equal(standing.refused('ada', false), 'client');
  assert.equal(standing.pauseMs('zoe'), 0);
  assert.equal(standing.healthy, true);
  assert.deepEqual(changes, []);
});

// Guards against a tenant that is asked at every request of a portal with few users.
it('given one user who is refused, that user is not tried again for half a minute, then for longer', () => {
  const { standing, time } = createBench();
  standing.refused('ada', false);
  assert.equal(standing.pauseMs('ada'), 30_000);
  time.now += 30_000;
  assert.equal(standing.pauseMs('ada'), 0);
  standing.refused('ada', false);
  assert.equal(standing.pauseMs('ada'), 60_000);
  assert.equal(standing.pauseMs('bruno'), 0);
});

it('given one user who is refused, a mint for somebody else lets that user be tried again', () => {
  const { standing } = createBench();
  standing.refused('ada', false);
  standing.accepted();
  assert.equal(standing.pauseMs('ada'), 0);
});

it('given three different users who are refused, the way is closed for a quarter of a minute', () => {
  const { standing, time, changes } = createBench();
  standing.refused('ada', false);
  standing.refused('bruno', false);
  assert.equal(standing.pauseMs('zoe'), 0);
  standing.refused('chiyo', false);
  assert.equal(standing.pauseMs('zoe'), 15_000);
  assert.equal(standing.healthy, false);
  assert.deepEqual(changes, [{ refused: true, pauseMs: 15_000 }]);
  time.now += 15_000;
  assert.equal(standing.pauseMs('zoe'), 0);
  assert.equal(standing.healthy, false);
});

it('given users who are refused by name, the way stays open however many they are', () => {
  const { standing } = createBench();
  for (let i = 0; i < 100; i += 1) standing.refused(`user-${i}`, true);
  assert.equal(standing.pauseMs('zoe'), 0);
});

it('given a client in good standing, the way stays open however many are refused', () => {
  const { standing } = createBench();
  standing.accepted();
  for (let i = 0; i < 100; i += 1) assert.equal(standing.refused(`user-${i}`, false), 'user');
  assert.equal(standing.pauseMs('zoe'), 0);
});

it('given others who are refused after each pause, the pauses double up to two minutes', () => {
  const { standing, time } = createBench();
  for (const user of ['ada', 'bruno', 'chiyo']) standing.refused(user, false);
  const pauses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    pauses.push(standing.pauseMs('zoe'));
    time.now += standing.pauseMs('zoe');
    standing.refused(`user-${i}`, false);
  }
  assert.deepEqual(pauses, [15_000, 30_000, 60_000, 120_000, 120_000, 120_000]);
});

// Guards against strangers whose pages ask for ever, and who each time were the first after the pause.
it('given strangers who are tried whenever they may be, somebody else has half a minute after each short pause', () => {
  const { standing, time } = createBench();
  const strangers = ['ada', 'bruno', 'chiyo'];
  for (const user of strangers) standing.refused(user, false);
  let open = 0;
  for (let second = 0; second < 600; second += 1) {
    time.now += 1_000;
    if (standing.pauseMs('zoe') === 0) open += 1;
    for (const user of strangers) if (standing.pauseMs(user) === 0) standing.refused(user, false);
  }
  assert.ok(open >= 400, `open for ${open} of 600 seconds`);
});

it('given credentials that were mended, a user who was refused before is tried within ten minutes, though strangers ask too', () => {
  const { standing, time } = createBench();
  const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
  for (const user of users) standing.refused(user, false);
  let tried = 0;
  for (; tried < 600 && standing.pauseMs('user-7') > 0; tried += 1) {
    time.now += 1_000;
    for (const user of users.slice(0, 3)) if (standing.pauseMs(user) === 0) standing.refused(user, false);
  }
  assert.ok(tried < 600, `not within ${tried} seconds`);
});

it('given very many users who are refused, the memory for them is bounded', () => {
  const { standing } = createBench();
  for (let i = 0; i < 1_001; i += 1) standing.refused(`user-${i}`, false);
  assert.equal(standing.pauseMs('user-0'), standing.pauseMs('zoe'));
  assert.ok(standing.pauseMs('user-1') > standing.pauseMs('zoe'));
});

it('given calls that were under way when the way was closed, their refusals close it no longer', () => {
  const { standing, time, changes } = createBench();
  for (let i = 0; i < 8; i += 1) standing.refused(`user-${i}`, false);
  time.now += 10_000;
  standing.refused('late', false);
  assert.equal(standing.pauseMs('zoe'), 5_000);
  assert.equal(changes.length, 1);
});

it('given a mint that succeeds, all is forgiven', () => {
  const { standing, changes } = createBench();
  for (const user of ['ada', 'bruno', 'chiyo']) standing.refused(user, false);
  standing.accepted();
  assert.equal(standing.pauseMs('zoe'), 0);
  assert.equal(standing.healthy, true);
  assert.deepEqual(changes.at(-1), { refused: false });
  assert.equal(standing.refused('ada', false), 'user');
});

it('given a mint that succeeded between, earlier refusals do not count any more', () => {
  const { standing, time } = createBench();
  standing.refused('ada', false);
  standing.refused('bruno', false);
  standing.accepted();
  time.now += 10 * MINUTE;
  standing.refused('chiyo', false);
  assert.equal(standing.pauseMs('zoe'), 0);
});
