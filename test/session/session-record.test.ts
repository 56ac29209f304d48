import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { createRecordReader, decodeSession, encodeSession } from '../../src/session/session-record.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';
import { assertProblem, assertRemoved, COOKIE, cookieFate } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

const garbage: [string, string][] = [
  ['nothing', ''],
  ['no JSON', 'garbage'],
  ['half of a record', '{"v":1,"user":{"id":"ada"'],
  ['null', 'null'],
  ['a number', '1'],
  ['a text', '"ada"'],
  ['an array', '[]'],
  ['an array of a record', '[{"v":1,"user":{"id":"ada"}}]'],
  ['an empty object', '{}'],
  ['no version', '{"user":{"id":"ada"}}'],
  ['an older version', '{"v":0,"user":{"id":"ada"}}'],
  ['a newer version', '{"v":2,"user":{"id":"ada"}}'],
  ['the version as a text', '{"v":"1","user":{"id":"ada"}}'],
  ['no user', '{"v":1}'],
  ['a null user', '{"v":1,"user":null}'],
  ['an array as user', '{"v":1,"user":["ada"]}'],
  ['a text as user', '{"v":1,"user":"ada"}'],
  ['a user without id', '{"v":1,"user":{"name":"Ada"}}'],
  ['a user with an empty id', '{"v":1,"user":{"id":""}}'],
  ['a user with a number as id', '{"v":1,"user":{"id":7}}'],
  ['a user with an array as id', '{"v":1,"user":{"id":["ada"]}}'],
  ['a null name', '{"v":1,"user":{"id":"ada","name":null}}'],
  ['groups that are no array', '{"v":1,"user":{"id":"ada","groups":"EMEA"}}'],
  ['groups that are no texts', '{"v":1,"user":{"id":"ada","groups":[1]}}'],
  ['an array of claims', '{"v":1,"user":{"id":"ada","claims":[]}}'],
  ['a record in __proto__', '{"__proto__":{"v":1,"user":{"id":"ada"}}}'],
  ['a user in __proto__', '{"v":1,"__proto__":{"user":{"id":"ada"}}}'],
  ['an id in __proto__', '{"v":1,"user":{"__proto__":{"id":"ada"}}}'],
  ['a version in __proto__', '{"__proto__":{"v":1},"user":{"id":"ada"}}'],
];

describe('a stored session', () => {
  for (const [what, value] of garbage) {
    test(`given ${what}, is none`, () => assert.equal(decodeSession(value), undefined));
  }

  test('given any text, never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeSession(text) === undefined));
    fc.assert(
      fc.property(fc.json(), (text) => {
        decodeSession(text);
      }),
    );
  });

  test('given any user, is read as it was written', () => {
    const text = fc.string({ unit: 'grapheme' });
    const user = fc.record(
      {
        id: fc.string({ unit: 'grapheme', minLength: 1 }),
        name: text,
        email: text,
        groups: fc.array(text),
        tenant: text,
        claims: fc.dictionary(text, fc.jsonValue()),
      },
      { requiredKeys: ['id'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(user, (written) => {
        // As JSON keeps it, which knows no -0.
        const expected = JSON.parse(JSON.stringify(written));
        assert.deepEqual(decodeSession(encodeSession(written as PortalUser)), expected);
      }),
    );
  });

  test('given a claim named __proto__, changes no prototype', () => {
    const user = decodeSession('{"v":1,"user":{"id":"ada","claims":{"__proto__":{"qlik":"admin"}}}}');

    assert.equal(user?.claims?.qlik, undefined);
    assert.equal(({} as Record<string, unknown>).qlik, undefined);
  });
});

describe('a genuine cookie whose record cannot be understood', () => {
  for (const [what, value] of garbage.filter(([what]) => /no JSON|null$|array$|newer version/.test(what))) {
    test(`given ${what}, is signed out everywhere, without an error`, async (t) => {
      const clock = createManualClock();
      const store = createStoreProbe(clock);
      const service = await createTestService(t, { clock, store });
      const cookie = await service.login('ada');
      const key = store.calls.find((call) => call.startsWith('create'))?.slice('create '.length) ?? '';
      assert.equal(await store.replace(key, value, (await store.peek(key))?.revision ?? Number.NaN), true);

      for (const url of ['/session', '/qlik-token', '/qlik-config']) {
        const response = await service.fetch({ url, cookie });
        assertProblem(response, 401, 'session_expired');
        assertRemoved(response);
      }
      assertRemoved(await service.fetch({ method: 'POST', url: '/logout', cookie }));
      const out = await service.fetch({ method: 'POST', url: '/logout', cookie });
      assert.equal(out.statusCode, 200);
      assertRemoved(out);
    });

    test(`given ${what}, can sign in anew`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      const key = store.calls.find((call) => call.startsWith('create'))?.slice('create '.length) ?? '';
      await store.replace(key, value, (await store.peek(key))?.revision ?? Number.NaN);

      const again = await service.fetch({ method: 'POST', url: '/login', cookie, payload: { user: 'ada' } });

      assert.equal(again.statusCode, 204);
      const fate = cookieFate(again, COOKIE);
      assert.ok('header' in fate);
      assert.equal((await service.fetch({ url: '/session', cookie: fate.header })).statusCode, 200);
    });
  }
});

describe('the reader of records', () => {
  const ada = encodeSession({ id: 'ada', groups: ['Sales'] });

  test('given the same text again, gives the same object, which nobody can change', () => {
    const read = createRecordReader();
    const user = read(ada);
    assert.deepEqual(user, { id: 'ada', groups: ['Sales'] });
    assert.equal(read(`${ada}`), user);
    assert.ok(Object.isFrozen(user));
  });

  test('given another text, reads that one, and garbage never as a user', () => {
    const read = createRecordReader();
    read(ada);
    assert.deepEqual(read(encodeSession({ id: 'ada', groups: [] })), { id: 'ada', groups: [] });
    for (const [, text] of garbage) for (const _ of [1, 2]) assert.equal(read(text), undefined);
  });

  test('given more texts than it holds, reads the oldest anew', () => {
    const read = createRecordReader(1);
    const before = read(ada);
    read(encodeSession({ id: 'bruno' }));
    const again = read(ada);
    assert.deepEqual(again, before);
    assert.notEqual(again, before);
  });
});
