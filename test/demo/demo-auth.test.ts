import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from '../../src/demo/demo-auth.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import { loginPolicy } from '../support/login-policy.ts';

describe('a file of demo users', () => {
  test('given all that a user may have, keeps it, and what else there is as claims', () => {
    const written = [
      {
        id: 'ada',
        name: 'Ada',
        email: 'ada@example.com',
        groups: ['EMEA'],
        tenant: 'eu',
        qlik_id: '1',
        level: 3,
      },
      { id: 'bruno' },
    ];
    assert.deepEqual(parseDemoUsers(JSON.stringify(written)), written);
  });

  const broken: [string, string, RegExp][] = [
    ['nothing', '', /^is not JSON$/],
    ['no JSON', 'ada', /^is not JSON$/],
    ['a key twice', '[{"id":"ada","id":"bruno"}]', /key twice$/],
    ['half a file', '[{"id":"ada"}', /^is not JSON$/],
    ['an object', '{"id":"ada"}', /^expected \[\{ "id"/],
    ['null', 'null', /^expected/],
    ['an empty array', '[]', /^expected/],
    ['a text as user', '["ada"]', /^expected.*\/0 /],
    ['a null user', '[{"id":"ada"},null]', /^expected.*\/1 /],
    ['no id', '[{"id":"ada"},{"name":"Bruno"}]', /^expected.*\/1.*id/],
    ['an empty id', '[{"id":""}]', /^expected.*\/0\/id/],
    ['a number as id', '[{"id":1}]', /^expected.*\/0\/id/],
    ['an endless id', JSON.stringify([{ id: 'x'.repeat(257) }]), /^expected.*\/0\/id/],
    ['a null name', '[{"id":"ada","name":null}]', /^expected.*\/0\/name/],
    ['a number as e-mail', '[{"id":"ada","email":1}]', /^expected.*\/0\/email/],
    ['a text as groups', '[{"id":"ada","groups":"EMEA"}]', /^expected.*\/0\/groups/],
    ['a number as group', '[{"id":"ada","groups":[1]}]', /^expected.*\/0\/groups\/0/],
    ['an id in __proto__', '[{"__proto__":{"id":"ada"}}]', /^expected.*\/0.*id/],
    ['the same id twice', '[{"id":"ada"},{"id":"bruno"},{"id":"ada"}]', /^holds the same id twice$/],
  ];
  for (const [what, json, message] of broken) {
    test(`given ${what}, is refused with what is wrong and where`, () =>
      assert.throws(() => parseDemoUsers(json), { name: /^(Syntax)?Error$/, message }));
  }
});

describe('the demo sign-in', () => {
  const users = parseDemoUsers(
    JSON.stringify([
      {
        id: 'ada',
        name: 'Ada',
        email: 'ada@example.com',
        groups: ['EMEA'],
        tenant: 'eu',
        qlik_id: '1',
        level: 3,
      },
      { id: 'bruno' },
      { id: '__proto__' },
    ]),
  );

  test('given claims that are asked for, keeps those and no others', async () => {
    const auth = createDemoAuth({ users, claims: ['qlik_id', 'missing'], policy: loginPolicy() });

    assert.deepEqual(await auth.authenticate({ user: 'ada' }), {
      id: 'ada',
      name: 'Ada',
      email: 'ada@example.com',
      groups: ['EMEA'],
      tenant: 'eu',
      claims: { qlik_id: '1' },
    });
  });

  test('given no claims that are asked for, keeps none', async () => {
    const user = await createDemoAuth({ users, claims: [], policy: loginPolicy() }).authenticate({
      user: 'ada',
    });
    assert.equal('claims' in user, false);
  });

  test('given a claim that only every object has, keeps none', async () => {
    const auth = createDemoAuth({
      users,
      claims: ['constructor', 'toString', '__proto__'],
      policy: loginPolicy(),
    });
    assert.deepEqual(await auth.authenticate({ user: 'bruno' }), { id: 'bruno' });
  });

  test('given a user of whom only the id is known, makes nothing up', async () => {
    const auth = createDemoAuth({ users, claims: ['qlik_id'], policy: loginPolicy() });
    assert.deepEqual(await auth.authenticate({ user: 'bruno' }), { id: 'bruno' });
  });

  test('given an id that is odd but listed, is that user', async () => {
    const auth = createDemoAuth({ users, claims: [], policy: loginPolicy() });
    assert.deepEqual(await auth.authenticate({ user: '__proto__' }), { id: '__proto__' });
  });

  for (const user of ['', 'nobody', 'Ada', 'ada ', ' ada', 'constructor', 'ada\0']) {
    test(`given ${JSON.stringify(user)}, who is not listed, is refused`, async () => {
      const auth = createDemoAuth({ users, claims: [], policy: loginPolicy() });
      await assert.rejects(auth.authenticate({ user }), (error) => {
        assert.ok(error instanceof LoginRefusedError);
        assert.equal(error.code, 'bad_request');
        assert.ok(user === '' || !error.message.includes(user), 'the message repeats what was sent');
        return true;
      });
    });
  }
});

test('the users of the sandbox can be picked, each under the subject that Qlik knows, but no disabled one', async () => {
  const users = sandboxUsers();

  assert.deepEqual(
    users.map(({ id }) => id),
    ['ada', 'bruno', 'chiyo', 'dana'],
  );
  assert.equal(new Set(users.flatMap(({ groups }) => groups ?? [])).size, 2);
  assert.deepEqual(parseDemoUsers(JSON.stringify(users)), users);
});
