import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDirectoryService } from '../support/directory-service.ts';

const MANAGE = 'POST /oauth/token manage';
const FIND = 'POST /api/v1/users/actions/filter';
const MINT = 'POST /oauth/token mint';

describe('USER_MAPPING=lookup finds a user', () => {
  test('by subject', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: 'ada' }] });
    const response = await service.first('ada');
    assert.equal(response.statusCode, 200, response.body);
    assert.equal(await service.ownerOf(response), 'ada');
  });

  test('by e-mail when nobody has the portal’s id as subject', async (t) => {
    const users = [{ id: 'portal-17', email: 'bruno.carvalho@example.com' }];
    const service = await createDirectoryService(t, { mapping: 'lookup', users });
    assert.equal(await service.ownerOf(await service.first('portal-17')), 'bruno');
  });

  test('by subject also when somebody else has the e-mail', async (t) => {
    const users = [{ id: 'ada', email: 'bruno.carvalho@example.com' }];
    const service = await createDirectoryService(t, { mapping: 'lookup', users });
    assert.equal(await service.ownerOf(await service.first('ada')), 'ada');
  });

  test('on a later page', async (t) => {
    const service = await createDirectoryService(t, {
      mapping: 'lookup',
      users: [{ id: 'abcdef' }],
      sandbox: { tierTwoPerMinute: 10_000 },
    });
    // 45 others whose subjects are the same but for their case.
    for (let index = 1; index <= 45; index += 1) {
      const letters = [...'abcdef'].map((letter, at) => (index & (1 << at) ? letter.toUpperCase() : letter));
      await service.admin('POST', '/users', { subject: letters.join('') });
    }
    await service.admin('POST', '/users', { subject: 'abcdef' });
    assert.equal(await service.ownerOf(await service.first('abcdef')), 'abcdef');
    assert.equal(service.asked().filter((call) => call === FIND).length, 3);
  });

  test('by e-mail in whatever case the portal or the tenant writes it', async (t) => {
    const users = [{ id: 'portal-17', email: 'BRUNO.Carvalho@Example.com' }];
    const service = await createDirectoryService(t, { mapping: 'lookup', users });
    assert.equal(await service.ownerOf(await service.first('portal-17')), 'bruno');
    const other = await createDirectoryService(t, {
      mapping: 'lookup',
      users: [{ id: 'portal-18', email: 'zoe@example.com' }],
    });
    await other.admin('POST', '/users', { subject: 'zoe', email: 'Zoe@EXAMPLE.com' });
    assert.equal(await other.ownerOf(await other.first('portal-18')), 'zoe');
  });

  for (const subject of [
    'x" or status eq "active',
    'a%22b',
    '%22',
    'acme\\ada',
    'acme\\" or id eq "',
    'é\u0000 ',
  ]) {
    test(`whose subject is ${JSON.stringify(subject)}, and no other`, async (t) => {
      const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: subject }] });
      assert.equal((await service.first(subject)).json().code, 'user_not_mapped');
      await service.admin('POST', '/users', { subject });
      const other = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: subject }] });
      await other.admin('POST', '/users', { subject });
      assert.equal(await other.ownerOf(await other.first(subject)), subject);
    });
  }
});

describe('USER_MAPPING=lookup refuses', () => {
  const cases: [string, { id: string; email?: string }, string][] = [
    ['who is not there', { id: 'nobody' }, 'user_not_mapped'],
    ['a subject in another case', { id: 'ADA' }, 'user_not_mapped'],
    [
      'an e-mail that only looks alike',
      { id: 'x', email: 'chiyo.tanabe@e\u0445ample.com' },
      'user_not_mapped',
    ],
    ['an e-mail with a Kelvin sign', { id: 'x', email: '\u212aai.kelvin@example.com' }, 'user_not_mapped'],
    ['an empty e-mail', { id: 'x', email: '' }, 'user_not_mapped'],
    ['an e-mail that is a filter', { id: 'x', email: 'x" or status eq "active' }, 'user_not_mapped'],
    ['an e-mail that ends the text', { id: 'x', email: 'x\\" or email co "@' }, 'user_not_mapped'],
    ['a disabled user', { id: 'erik' }, 'user_disabled'],
    ['a user on the deny list by subject', { id: 'dana' }, 'user_denied'],
    ['a user on the deny list by id', { id: 'x', email: 'chiyo.tanabe@example.com' }, 'user_denied'],
  ];
  for (const [what, user, code] of cases) {
    test(`${what}: ${code}, no mint, and no call for the next request`, async (t) => {
      const service = await createDirectoryService(t, {
        mapping: 'lookup',
        users: [user],
        env: { USER_DENY: 'DANA,65c0bb20e1b2c3d4e5f60013' },
      });
      const cookie = await service.login(user.id);
      for (let request = 0; request < 5; request += 1) {
        const response = await service.ask(cookie);
        assert.deepEqual([response.statusCode, response.json().code], [403, code]);
        assert.equal(response.headers['set-cookie'], undefined);
      }
      assert.deepEqual(service.asked(), [MANAGE, FIND]);
    });
  }

  test('a client’s own bot user', async (t) => {
    const id = 'qlikbot\\5a9d0c3e7b1f42868e0d6c5b4a392817';
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id }] });
    assert.equal((await service.first(id)).json().code, 'user_denied');
  });

  for (const email of ['twins@example.com', 'Twins@example.com'])
    test(`an e-mail that two users have, of whom one writes ${email}`, async (t) => {
      const service = await createDirectoryService(t, {
        mapping: 'lookup',
        users: [{ id: 'portal-17', email: 'twins@example.com' }],
      });
      await service.admin('POST', '/users', { subject: 'castor', email });
      await service.admin('POST', '/users', { subject: 'pollux', email: 'twins@example.com' });
      const response = await service.first('portal-17');
      assert.deepEqual([response.statusCode, response.json().code], [403, 'user_ambiguous']);
      assert.equal(service.mints(), 0);
    });
});

describe('what a look-up costs', () => {
  test('the first user: the management token, the search, the mint; the next one: two calls', async (t) => {
    const service = await createDirectoryService(t, {
      mapping: 'lookup',
      users: [{ id: 'ada' }, { id: 'bruno' }],
    });
    const cookie = await service.login('ada');
    await service.ask(cookie);
    assert.deepEqual(service.asked(), [MANAGE, FIND, MINT]);
    await service.first('bruno');
    assert.deepEqual(service.asked(), [MANAGE, FIND, MINT, FIND, MINT]);
    for (let request = 0; request < 10; request += 1) await service.ask(cookie);
    assert.equal(service.asked().length, 5);
  });

  test('many requests at once: one look-up and one mint', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: 'ada' }] });
    const cookies = await Promise.all(Array.from({ length: 20 }, () => service.login('ada')));
    const responses = await Promise.all(cookies.map((cookie) => service.ask(cookie)));
    assert.equal(new Set(responses.map((response) => response.json().access_token)).size, 1);
    assert.deepEqual(service.asked(), [MANAGE, FIND, MINT]);
  });

  test('/qlik-config and a sign-in: nothing', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: 'ada' }] });
    const cookie = await service.login('ada');
    assert.equal((await service.fetch({ url: '/qlik-config', cookie })).statusCode, 200);
    assert.deepEqual(service.asked(), []);
  });
});
