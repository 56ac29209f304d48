import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createClientStanding } from '../../src/token/client-standing.ts';

const MINUTE = 60_000;

function createBench() {
  const time = { now: 1_000_000 };
  const changes: object[] = [];
  const standing = createClientStanding({ now: () => time.now, onChange: (change) => changes.push(change) });
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
it('given one user who is refused, that user is not tried again for half a minute', () => {
  const { standing, time } = createBench();
  standing.refused('ada', false);
  assert.equal(standing.pauseMs('ada'), 30_000);
  time.now += 30_000;
  assert.equal(standing.pauseMs('ada'), 0);
  standing.refused('ada', false);
  assert.equal(standing.pauseMs('ada'), 30_000);
  assert.equal(standing.pauseMs('bruno'), 0);
});

it('given one user who is refused, a mint for somebody else lets that user be tried again', () => {
  const { standing } = createBench();
  standing.refused('ada', false);
  standing.accepted();
  assert.equal(standing.pauseMs('ada'), 0);
});

it('given three different users who are refused, the way is closed for half a minute', () => {
  const { standing, time, changes } = createBench();
  standing.refused('ada', false);
  standing.refused('bruno', false);
  assert.equal(standing.pauseMs('zoe'), 0);
  standing.refused('chiyo', false);
  assert.equal(standing.pauseMs('zoe'), 30_000);
  assert.equal(standing.healthy, false);
  assert.deepEqual(changes, [{ refused: true, pauseMs: 30_000 }]);
  time.now += 30_000;
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

it('given refusals that go on after each pause, the pauses double up to five minutes', () => {
  const { standing, time } = createBench();
  for (const user of ['ada', 'bruno', 'chiyo']) standing.refused(user, false);
  const pauses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    pauses.push(standing.pauseMs('zoe'));
    time.now += standing.pauseMs('zoe');
    standing.refused('ada', false);
  }
  assert.deepEqual(pauses, [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
});

it('given calls that were under way when the way was closed, their refusals close it no longer', () => {
  const { standing, time, changes } = createBench();
  for (let i = 0; i < 8; i += 1) standing.refused(`user-${i}`, false);
  time.now += 10_000;
  standing.refused('late', false);
  assert.equal(standing.pauseMs('zoe'), 20_000);
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
