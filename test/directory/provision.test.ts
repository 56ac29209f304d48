import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerEvent } from '../../src/events.ts';
import {
  createDirectoryService,
  type DirectoryService,
  type ShownUser,
} from '../support/directory-service.ts';

const MANAGE = 'POST /oauth/token manage';
const FIND = 'POST /api/v1/users/actions/filter';
const CREATE = 'POST /api/v1/users';
const FIND_GROUPS = 'POST /api/v1/groups/actions/filter';
const CREATE_GROUP = 'POST /api/v1/groups';
const MINT = 'POST /oauth/token mint';
const FRIDA = { id: 'frida', name: 'Frida Kahl', email: 'frida@example.com' };

async function only(service: DirectoryService, subject: string): Promise<ShownUser> {
  const users = await service.usersWith(subject);
  assert.equal(users.length, 1, `${users.length} users with the subject ${subject}`);
  return users[0] as ShownUser;
}

async function groupsOf(service: DirectoryService, subject: string): Promise<string[]> {
  const { assignedGroups } = await only(service, subject);
  return assignedGroups.map(({ name, providerType }) => `${providerType} ${name}`).sort();
}

describe('USER_MAPPING=provision', () => {
  test('creates who is not there, with name and e-mail, and mints', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'provision', users: [FRIDA] });
    const response = await service.first('frida');
    assert.equal(response.statusCode, 200, response.body);
    assert.equal(await service.ownerOf(response), 'frida');
    const { name, email, assignedGroups } = await only(service, 'frida');
    assert.deepEqual([name, email, assignedGroups], ['Frida Kahl', 'frida@example.com', []]);
    assert.equal(service.entries('user.created').length, 1);
  });

  test('creates nobody who is there already, by subject or by e-mail', async (t) => {
    const users = [{ id: 'ada' }, { id: 'portal-17', email: 'bruno.carvalho@example.com' }];
    const service = await createDirectoryService(t, { mapping: 'provision', users });
    assert.equal(await service.ownerOf(await service.first('ada')), 'ada');
    assert.equal(await service.ownerOf(await service.first('portal-17')), 'bruno');
    assert.ok(!service.asked().includes(CREATE));
  });

  for (const id of ['x" or status eq "active', '%22', 'acme\\frida', 'ada"']) {
    test(`creates ${JSON.stringify(id)} and finds that very user again`, async (t) => {
      const service = await createDirectoryService(t, { mapping: 'provision', users: [{ id }] });
      assert.equal(await service.ownerOf(await service.first(id)), id);
      await only(service, id);
    });
  }

  for (const denied of ['frida', 'FRIDA ']) {
    test(`does not create whom USER_DENY names as ${JSON.stringify(denied)}`, async (t) => {
      const env = { USER_DENY: denied };
      const service = await createDirectoryService(t, { mapping: 'provision', users: [FRIDA], env });
      assert.equal((await service.first('frida')).json().code, 'user_denied');
      assert.deepEqual(service.asked(), [MANAGE, FIND]);
    });
  }

  test('creates no bot user, and no second user for one who is disabled or ambiguous', async (t) => {
    const bot = 'qlikbot\\x';
    const users = [{ id: bot }, { id: 'erik' }, { id: 'portal-17', email: 'twins@example.com' }];
    const service = await createDirectoryService(t, { mapping: 'provision', users });
    for (const subject of ['castor', 'pollux'])
      await service.admin('POST', '/users', { subject, email: 'twins@example.com' });
    const codes = [];
    for (const { id } of users) codes.push((await service.first(id)).json().code);
    assert.deepEqual(codes, ['user_denied', 'user_disabled', 'user_ambiguous']);
    assert.ok(!service.asked().includes(CREATE));
    assert.equal(service.mints(), 0);
  });

  test('given first sign-ins at once here, makes one user by one call', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'provision', users: [FRIDA] });
    const cookies = await Promise.all(Array.from({ length: 10 }, () => service.login('frida')));
    const responses = await Promise.all(cookies.map((cookie) => service.ask(cookie)));
    assert.deepEqual(new Set(responses.map(({ statusCode }) => statusCode)), new Set([200]));
    await only(service, 'frida');
    assert.deepEqual(service.asked(), [MANAGE, FIND, CREATE, MINT]);
  });

  test('given a first sign-in elsewhere at once (409), looks again and takes that user', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'provision', users: [FRIDA] });
    service.sandbox.faults.add({
      match: { method: 'POST', path: '/api/v1/users' },
      effect: { type: 'latency', delayMs: 300 },
      times: 1,
    });
    const asking = service.first('frida');
    while (!service.asked().includes(CREATE)) await new Promise(setImmediate);
    await service.admin('POST', '/users', { subject: 'frida' });
    assert.equal(await service.ownerOf(await asking), 'frida');
    await only(service, 'frida');
    assert.deepEqual(service.asked(), [MANAGE, FIND, CREATE, FIND, MINT]);
  });

  test('given a 409 and then nobody, refuses', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'provision', users: [FRIDA] });
    service.sandbox.faults.add({
      match: { method: 'POST', path: '/api/v1/users' },
      effect: { type: 'status', status: 409 },
    });
    assert.equal((await service.first('frida')).json().code, 'user_not_mapped');
  });
});

describe('groups', () => {
  const provision = (t: Parameters<typeof createDirectoryService>[0], groups?: string[], id = 'frida') =>
    createDirectoryService(t, { mapping: 'provision', users: [{ id, ...(groups && { groups }) }] });

  test('of a new user are assigned; missing ones are created; the token comes after them', async (t) => {
    const service = await provision(t, ['EMEA Sales', 'New', 'emea sales']);
    assert.equal((await service.first('frida')).statusCode, 200);
    assert.deepEqual(await groupsOf(service, 'frida'), [
      'custom EMEA Sales',
      'custom New',
      'custom emea sales',
    ]);
    const { id } = await only(service, 'frida');
    assert.deepEqual(service.asked(), [
      MANAGE,
      FIND,
      CREATE,
      FIND_GROUPS,
      CREATE_GROUP,
      CREATE_GROUP,
      `PATCH /api/v1/users/${id}`,
      MINT,
    ]);
  });

  test('that were seen lately cost no look', async (t) => {
    const groups = ['EMEA Sales', 'New'];
    const users = [
      { id: 'frida', groups },
      { id: 'gala', groups },
    ];
    const service = await createDirectoryService(t, { mapping: 'provision', users });
    await service.first('frida');
    const before = service.asked().length;
    await service.first('gala');
    const { id } = await only(service, 'gala');
    assert.deepEqual(service.asked().slice(before), [FIND, CREATE, `PATCH /api/v1/users/${id}`, MINT]);
  });

  test('are replaced by those that the portal names', async (t) => {
    const service = await provision(t, ['Americas Sales', 'New'], 'ada');
    await service.first('ada');
    assert.deepEqual(await groupsOf(service, 'ada'), ['custom Americas Sales', 'custom New']);
  });

  test('that are as the portal names them, in whatever order, cost no call', async (t) => {
    const service = await provision(t, ['Americas Sales', 'EMEA Sales', 'EMEA Sales', ''], 'chiyo');
    await service.first('chiyo');
    assert.deepEqual(service.asked(), [MANAGE, FIND, MINT]);
  });

  test('stay as they are when the portal names none', async (t) => {
    const service = await provision(t, undefined, 'ada');
    await service.first('ada');
    assert.deepEqual(await groupsOf(service, 'ada'), ['custom EMEA Sales']);
    assert.deepEqual(service.asked(), [MANAGE, FIND, MINT]);
  });

  test('are taken away when the portal names an empty list', async (t) => {
    const service = await provision(t, [], 'ada');
    await service.first('ada');
    assert.deepEqual(await groupsOf(service, 'ada'), []);
  });

  test('of an identity provider stay, and none is made a custom one', async (t) => {
    const service = await provision(t, ['Americas Sales', 'From IdP', 'Other IdP'], 'ada');
    await service.admin('POST', '/groups', { name: 'From IdP', providerType: 'idp' });
    await service.admin('POST', '/groups', { name: 'Other IdP', providerType: 'idp' });
    const { id } = await only(service, 'ada');
    await service.admin('PATCH', `/users/${id}`, [
      { op: 'add', path: '/assignedGroups', value: [{ name: 'From IdP', providerType: 'idp' }] },
    ]);
    assert.equal((await service.first('ada')).statusCode, 200);
    assert.deepEqual(await groupsOf(service, 'ada'), ['custom Americas Sales', 'idp From IdP']);
  });

  test('created elsewhere at the same moment (409) are as good', async (t) => {
    const service = await provision(t, ['New']);
    service.sandbox.faults.add({
      match: { method: 'POST', path: '/api/v1/groups' },
      effect: { type: 'latency', delayMs: 300 },
    });
    const asking = service.first('frida');
    while (!service.asked().includes(CREATE_GROUP)) await new Promise(setImmediate);
    // The administrator's own call meets the fault too, so it goes first.
    service.sandbox.faults.clear();
    await service.admin('POST', '/groups', { name: 'New', providerType: 'custom' });
    assert.equal((await asking).statusCode, 200);
    assert.deepEqual(await groupsOf(service, 'frida'), ['custom New']);
  });

  const troubles: [string, object, BrokerEvent['type']][] = [
    ['a 207 with errors', { status: 207, body: { errors: [{ code: 'USERS-3' }] } }, 'user.groups_refused'],
    ['a 207 that cannot be read', { status: 207, body: 'partly' }, 'user.groups_failed'],
    ['a 403', { status: 403 }, 'user.groups_failed'],
    ['a 400', { status: 400 }, 'user.groups_failed'],
    ['a 500', { status: 500 }, 'user.groups_failed'],
  ];
  for (const [what, effect, event] of troubles) {
    test(`that meet ${what}: the sign-in goes on, the log says so`, async (t) => {
      const service = await provision(t, ['New'], 'ada');
      const { id } = await only(service, 'ada');
      service.sandbox.faults.add({
        match: { method: 'PATCH', path: `/api/v1/users/${id}` },
        effect: { type: 'status', ...effect } as never,
      });
      const response = await service.first('ada');
      assert.equal(response.statusCode, 200, response.body);
      assert.equal(service.entries(event).length, 1, service.logged.join('\n'));
    });
  }

  test('that meet a 207 without errors are in step', async (t) => {
    const service = await provision(t, ['New'], 'ada');
    service.sandbox.faults.add({
      match: { method: 'PATCH', path: '/api/v1/users/*' },
      effect: { type: 'status', status: 207, body: { errors: [] } },
    });
    await service.first('ada');
    assert.equal(service.entries('user.groups_replaced').length, 1);
  });
});
