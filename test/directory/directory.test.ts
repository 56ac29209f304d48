import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byClaim, bySubject, createDirectory, type UserMapping } from '../../src/directory/directory.ts';
import { DirectoryError } from '../../src/directory/directory-error.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { userTag } from '../../src/portal/user-tag.ts';
import { createDenyList } from '../../src/tenant/deny-list.ts';

const tenant = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: 'client',
  scope: 'user_default',
};

describe('the mapping by subject', () => {
  test('looks the portal user’s id up as the Qlik subject, exactly as it is', () => {
    for (const id of ['ada', 'ACME\\Ada', 'auth0|1', ' ada ', '__proto__', 'é'])
      assert.deepEqual(bySubject({ id }), { field: 'subject', value: id });
  });

  test('does not look at anything else', () => {
    const user = { id: 'ada', email: 'admin@example.com', claims: { subject: 'admin', sub: 'admin' } };
    assert.deepEqual(bySubject(user), { field: 'subject', value: 'ada' });
  });
});

describe('the mapping by claim', () => {
  test('looks the claim up as the Qlik user id', () => {
    assert.deepEqual(byClaim('qlik_id')({ id: 'ada', claims: { qlik_id: '65c0' } }), {
      field: 'userId',
      value: '65c0',
    });
  });

  const none: [string, PortalUser['claims']][] = [
    ['no claims', undefined],
    ['no such claim', {}],
    ['a number', { qlik_id: 65 }],
    ['null', { qlik_id: null }],
    ['true', { qlik_id: true }],
    ['an array of one', { qlik_id: ['65c0'] }],
    ['an object', { qlik_id: { toString: () => '65c0' } }],
  ];
  for (const [what, claims] of none) {
    test(`given ${what}, finds nobody`, () => {
      assert.equal(byClaim('qlik_id')({ id: 'ada', ...(claims && { claims }) }), undefined);
    });
  }

  test('given a claim that only every object has, finds nobody', () => {
    for (const claim of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      assert.equal(byClaim(claim)({ id: 'ada', claims: {} }), undefined);
  });

  test('does not fall back to the portal user’s id', () => {
    assert.equal(byClaim('id')({ id: 'ada', claims: {} }), undefined);
  });
});

describe('the directory', () => {
  const resolve = (mapping: UserMapping, user: PortalUser, denied: string[] = []) =>
    createDirectory({ tenant, mapping, isDenied: createDenyList(denied) }).known(user);

  test('says at which tenant and by what the user is found', () => {
    assert.deepEqual(resolve(bySubject, { id: 'ada' }), {
      tenant,
      owner: userTag({ id: 'ada' }),
      lookup: { field: 'subject', value: 'ada' },
    });
  });

  for (const [what, mapping] of [
    ['that finds nobody', () => undefined],
    ['that finds an empty text', () => ({ field: 'userId', value: '' }) as const],
  ] as const) {
    test(`given a mapping ${what}, refuses with user_not_mapped`, () => {
      assert.throws(() => resolve(mapping, { id: 'ada' }), refusal('user_not_mapped'));
    });
  }

  test('given a user on the deny list, refuses with user_denied', () => {
    assert.throws(() => resolve(bySubject, { id: 'ADA ' }, ['ada']), refusal('user_denied'));
  });

  test('given a bot user, refuses with user_denied, however it was mapped', () => {
    const bot = 'qlikbot\\5a9d0c3e';
    assert.throws(() => resolve(bySubject, { id: bot }), refusal('user_denied'));
    assert.throws(() => resolve(byClaim('q'), { id: 'ada', claims: { q: bot } }), refusal('user_denied'));
  });

  test('names nobody in its refusals', () => {
    for (const mapping of [bySubject, () => undefined]) {
      assert.throws(
        () => resolve(mapping, { id: 'canary' }, ['canary']),
        ({ message }: Error) => !message.includes('canary'),
      );
    }
  });
});

function refusal(code: string) {
  return (error: unknown) => {
    assert.ok(error instanceof DirectoryError);
    assert.equal(error.code, code);
    return true;
  };
}

describe('a user who comes again', () => {
  const user: PortalUser = { id: 'ada' };

  test('is resolved to the same subject, and the deny list is not asked again', () => {
    let asked = 0;
    const isDenied = () => {
      asked += 1;
      return false;
    };
    const directory = createDirectory({ tenant, mapping: bySubject, isDenied });
    assert.equal(directory.known(user), directory.known(user));
    assert.equal(asked, 1);
  });

  test('is resolved anew when the mapping says something else, checked against the deny list', () => {
    let lookup: ReturnType<UserMapping> = { field: 'userId', value: '1' };
    const directory = createDirectory({
      tenant,
      mapping: () => lookup,
      isDenied: (value) => value === 'admin',
    });
    assert.deepEqual(directory.known(user)?.lookup, { field: 'userId', value: '1' });
    lookup = { field: 'userId', value: '2' };
    assert.deepEqual(directory.known(user)?.lookup, { field: 'userId', value: '2' });
    lookup = { field: 'subject', value: '2' };
    assert.deepEqual(directory.known(user)?.lookup, { field: 'subject', value: '2' });
    lookup = { field: 'subject', value: 'admin' };
    assert.throws(() => directory.known(user), { code: 'user_denied' });
    lookup = undefined;
    assert.throws(() => directory.known(user), { code: 'user_not_mapped' });
  });
});
