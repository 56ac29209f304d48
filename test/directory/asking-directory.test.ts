import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAskingDirectory } from '../../src/directory/asking-directory.ts';
import { DirectoryError, notMapped } from '../../src/directory/directory-error.ts';
import type { Identity } from '../../src/directory/find-user.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { userTag } from '../../src/portal/user-tag.ts';
import { QlikError } from '../../src/qlik/errors.ts';
import type { Pace } from '../../src/tenant/management-client.ts';
import type { TokenKey } from '../../src/token/token-key.ts';
import { createManualClock, settle } from '../support/manual-clock.ts';

const tenant = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: 'client',
  scope: 'user_default',
};
const MINUTE = 60_000;

interface Asked {
  readonly user: PortalUser;
  readonly groupsInStep: boolean;
  readonly pace: Pace;
  answer(identity: Identity): void;
  fail(error: Error): void;
}

function bench(options: { maxRemembered?: number; groupsMatter?: boolean } = {}) {
  const clock = createManualClock();
  const asked: Asked[] = [];
  const lost: TokenKey[] = [];
  const directory = createAskingDirectory({
    tenant,
    identify: (user, groupsInStep, pace) =>
      new Promise((answer, fail) => asked.push({ user, groupsInStep, pace, answer, fail })),
    groupsMatter: true,
    clock,
    rememberMs: 15 * MINUTE,
    askRate: { limit: 1_000, windowMs: 60_000 },
    maxRemembered: 100,
    deadlineMs: 8_000,
    loseToken: (key) => lost.push(key),
    emit() {},
    ...options,
  });
  const find = (user: PortalUser) => directory.find(user, { at: clock.now() + 8_000 });
  /** Finds a user and answers the tenant's part. */
  async function found(user: PortalUser, qlikUserId = `q-${user.id}`, groupsInStep = true) {
    const finding = find(user);
    await settle();
    asked.at(-1)?.answer({ qlikUserId, groupsInStep });
    return finding;
  }
  return { clock, asked, lost, directory, find, found };
}

test('nobody is known before the tenant was asked; then there is no other call', async () => {
  const { directory, asked, found, find } = bench();
  const ada = { id: 'ada' };
  assert.equal(directory.known(ada), undefined);
  assert.equal(asked.length, 0);
  const subject = await found(ada);
  assert.deepEqual(subject, {
    tenant,
    owner: userTag({ id: 'ada' }),
    lookup: { field: 'userId', value: 'q-ada' },
    checked: true,
  });
  assert.equal(directory.known(ada), subject);
  assert.equal(await find(ada), subject);
  assert.equal(asked.length, 1);
});

test('users never share what is remembered, whatever their names', async () => {
  const { found, directory } = bench();
  const users: PortalUser[] = [
    { id: 'a:b' },
    { id: 'b', tenant: 'a' },
    { id: 'a', tenant: 'b' },
    { id: 'a', email: 'b' },
    { id: '["a","b"]' },
    { id: '__proto__' },
    { id: ' a' },
    { id: 'A' },
  ];
  for (const [index, user] of users.entries()) await found(user, `q-${index}`);
  users.forEach((user, index) => {
    assert.equal(directory.known(user)?.lookup.value, `q-${index}`);
  });
});

test('no more users are remembered than may be', async () => {
  const { found, directory } = bench({ maxRemembered: 2 });
  for (const id of ['a', 'b', 'c']) await found({ id });
  assert.equal(directory.known({ id: 'a' }), undefined);
  assert.ok(directory.known({ id: 'c' }));
});

test('a look-up behind an answer yields to those that somebody waits for, until somebody waits for it', async () => {
  const { clock, directory, asked, found, find } = bench();
  await found({ id: 'ada' });
  assert.equal(asked[0]?.pace.priority, 'directory');
  await clock.advance(15 * MINUTE);
  directory.known({ id: 'ada' });
  directory.known({ id: 'ada' });
  await settle();
  assert.equal(asked.length, 2);
  assert.equal(asked[1]?.pace.priority, 'renewal');
  void find({ id: 'ada' });
  assert.equal(asked[1]?.pace.priority, 'directory');
});

test('somebody who has waited for long enough is told; the look-up goes on for the next', async () => {
  const { clock, asked, find, directory } = bench();
  const finding = assert.rejects(find({ id: 'ada' }), { code: 'tenant_unavailable' });
  await clock.advance(8_000);
  await finding;
  asked[0]?.answer({ qlikUserId: 'q', groupsInStep: true });
  await settle();
  assert.equal(directory.known({ id: 'ada' })?.lookup.value, 'q');
});

test('a refusal is remembered, trouble is not', async () => {
  const { asked, find } = bench();
  for (const [index, error] of [new QlikError('unavailable', 'x'), notMapped()].entries()) {
    const finding = find({ id: 'ada' }).catch((reason) => reason);
    await settle();
    assert.equal(asked.length, index + 1);
    asked[index]?.fail(error);
    await finding;
  }
  await assert.rejects(find({ id: 'ada' }), DirectoryError);
  assert.equal(asked.length, 2);
});

test('a user who is another one now: nobody may act as the former any more', async () => {
  const { clock, directory, asked, lost, found } = bench();
  const before = await found({ id: 'ada' }, 'q-1');
  await clock.advance(15 * MINUTE);
  directory.known({ id: 'ada' });
  await settle();
  asked[1]?.answer({ qlikUserId: 'q-2', groupsInStep: true });
  await settle();
  assert.deepEqual(lost, [before]);
  assert.equal(directory.known({ id: 'ada' })?.lookup.value, 'q-2');
});

test('what a look-up brings after the last sign-out is not remembered', async () => {
  const { directory, asked, find } = bench();
  const finding = find({ id: 'ada' });
  await settle();
  assert.equal(directory.forget({ id: 'ada' }), undefined);
  asked[0]?.answer({ qlikUserId: 'q', groupsInStep: true });
  await finding;
  assert.equal(directory.known({ id: 'ada' }), undefined);
});

test('a sign-in with other groups: they are put in step behind the next answer; an older session changes nothing', async () => {
  const { directory, asked, found } = bench();
  const old = { id: 'ada', groups: ['a'] };
  const fresh = { id: 'ada', groups: ['b'] };
  await found(old);
  directory.loggedIn({ id: 'ada', groups: ['a'] });
  assert.ok(directory.known(old));
  await settle();
  assert.equal(asked.length, 1);

  directory.loggedIn(fresh);
  assert.ok(directory.known(old));
  await settle();
  assert.deepEqual([asked[1]?.user, asked[1]?.groupsInStep], [fresh, false]);
  asked[1]?.answer({ qlikUserId: 'q-ada', groupsInStep: true });
  await settle();
  directory.known(old);
  await settle();
  assert.equal(asked.length, 2);
});

test('a sign-in with other groups during a look-up is not overtaken by it', async () => {
  const { clock, directory, asked, found } = bench();
  const old = { id: 'ada', groups: ['a'] };
  const fresh = { id: 'ada', groups: ['b'] };
  await found(old);
  await clock.advance(15 * MINUTE);
  directory.known(old);
  await settle();
  directory.loggedIn(fresh);
  asked[1]?.answer({ qlikUserId: 'q-ada', groupsInStep: true });
  await settle();
  directory.known(fresh);
  await settle();
  assert.deepEqual([asked[2]?.user, asked[2]?.groupsInStep], [fresh, false]);
});

test('groups that could not be changed are tried again a minute later; those in step are not touched again', async () => {
  const { clock, directory, asked, found } = bench();
  const ada = { id: 'ada', groups: ['a'] };
  await found(ada, 'q-ada', false);
  await clock.advance(MINUTE);
  directory.known(ada);
  await settle();
  assert.equal(asked[1]?.groupsInStep, false);
  asked[1]?.answer({ qlikUserId: 'q-ada', groupsInStep: true });
  await clock.advance(15 * MINUTE);
  directory.known(ada);
  await settle();
  assert.equal(asked[2]?.groupsInStep, true);
});

test('given a mapping for which groups do not matter, a sign-in with others changes nothing', async () => {
  const { directory, asked, found } = bench({ groupsMatter: false });
  await found({ id: 'ada', groups: ['a'] });
  directory.loggedIn({ id: 'ada', groups: ['b'] });
  directory.known({ id: 'ada' });
  await settle();
  assert.equal(asked.length, 1);
});

test('a doubt is worth another look only when the user was found a while ago', async () => {
  const { clock, directory, found } = bench();
  assert.equal(directory.doubt({ id: 'ada' }), false);
  await found({ id: 'ada' });
  assert.equal(directory.doubt({ id: 'ada' }), false);
  await clock.advance(30_000);
  assert.equal(directory.doubt({ id: 'ada' }), true);
  assert.equal(directory.known({ id: 'ada' }), undefined);
});

test('an e-mail that is written in another case is the same one; one that only looks alike is not', async () => {
  const { asked, found, find } = bench();
  const key = await found({ id: 'ada', email: 'Ada.K@Example.com' });
  assert.equal(await find({ id: 'ada', email: 'ada.k@example.COM' }), key);
  assert.equal(asked.length, 1);
  await found({ id: 'ada', email: 'ada.\u212a@example.com' });
  await found({ id: 'Ada', email: 'ada.k@example.com' });
  assert.equal(asked.length, 3);
});
