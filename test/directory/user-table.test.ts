import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseUserTable } from '../../src/directory/user-table.ts';

const csv = (content: string) => parseUserTable(content, '/etc/users.csv');
const json = (rows: unknown) => parseUserTable(JSON.stringify(rows), '/etc/users.json');

describe('a table as CSV', () => {
  test('finds users by Qlik id or subject', () => {
    const table = csv('portal_user,qlik_user_id,qlik_subject\nada,65c0,\nbruno,,ACME\\bruno\n');

    assert.equal(table.size, 2);
    assert.deepEqual(table.find({ id: 'ada' }), { field: 'userId', value: '65c0' });
    assert.deepEqual(table.find({ id: 'bruno' }), { field: 'subject', value: 'ACME\\bruno' });
    assert.equal(table.find({ id: 'chiyo' }), undefined);
  });

  test('is read as spreadsheets write it: BOM, CRLF, quotes, blanks, empty lines, columns in any order', () => {
    const table = csv(
      '\ufeffqlik_subject , portal_user\r\n\r\n"Doe, ""Jo""", "jo@example.com" \r\n  subject ,ada\r\n\r\n',
    );

    assert.equal(table.size, 2);
    assert.deepEqual(table.find({ id: 'jo@example.com' }), { field: 'subject', value: 'Doe, "Jo"' });
    assert.deepEqual(table.find({ id: 'ada' }), { field: 'subject', value: 'subject' });
  });

  test('compares portal users exactly', () => {
    const table = csv('portal_user,qlik_subject\nada,a\nADA,b\né,c\n');

    assert.equal(table.find({ id: 'ada' })?.value, 'a');
    assert.equal(table.find({ id: 'ADA' })?.value, 'b');
    for (const id of ['Ada', 'ada ', '', 'e\u0301', '__proto__', 'constructor'])
      assert.equal(table.find({ id }), undefined, id);
  });

  test('tells tenants apart, however their parts are cut', () => {
    const table = csv('tenant,portal_user,qlik_subject\nt,a:b,1\nt:a,b,2\n,b,3\nnull,b,4\n');

    assert.equal(table.find({ tenant: 't', id: 'a:b' })?.value, '1');
    assert.equal(table.find({ tenant: 't:a', id: 'b' })?.value, '2');
    assert.equal(table.find({ id: 'b' })?.value, '3');
    assert.equal(table.find({ tenant: 'null', id: 'b' })?.value, '4');
    assert.equal(table.find({ id: 'a:b' }), undefined);
    assert.equal(table.find({ tenant: 't', id: 'b' }), undefined);
  });

  test('keeps such blanks inside of a value', () => {
    const table = csv('portal_user,qlik_subject\nada\u00a0l,a\u2003b\n');
    assert.equal(table.find({ id: 'ada\u00a0l' })?.value, 'a\u2003b');
  });

  const broken: [string, string, RegExp][] = [
    ['nothing', '', /^has no rows$/],
    ['only a heading', 'portal_user,qlik_subject\n', /^has no rows$/],
    ['no heading', 'ada,ACME\\ada\nbruno,ACME\\bruno\n', /row 1.*unknown column/],
    ['an unknown column', 'portal_user,qlik_subjct\nada,a\n', /^row 1: unknown column `qlik_subjct`$/],
    ['a column twice', 'portal_user,qlik_subject,qlik_subject\nada,a,admin\n', /qlik_subject.*twice/],
    ['no portal user', 'portal_user,qlik_subject\nada,a\n,b\n', /^row 2: portal_user is missing$/],
    ['no column of portal users', 'qlik_subject\na\n', /^row 1: portal_user is missing$/],
    [
      'neither id nor subject',
      'portal_user,qlik_subject\nada,a\nbruno,\n',
      /^row 2: give one of qlik_user_id and qlik_subject$/,
    ],
    [
      'both id and subject',
      'portal_user,qlik_user_id,qlik_subject\nada,1,a\n',
      /^row 1: give one of qlik_user_id and qlik_subject$/,
    ],
    [
      'a user twice',
      'portal_user,qlik_subject\nada,a\nbruno,b\nada,c\n',
      /^row 3: this portal_user is listed twice$/,
    ],
    ['a row that is too long', 'portal_user,qlik_subject\nada,a\nbruno,b,canary\n', /\brow 2\b/],
    ['a row that is too short', 'portal_user,qlik_subject\nada,a\nbruno,b\nchiyo\n', /\brow 3\b/],
    ['a row that is cut off in quotes', 'portal_user,qlik_subject\nada,a\n"canary,b\n', /\brow 2\b/],
    ['a last row that may be cut off', 'portal_user,qlik_subject\nada,a\nbruno,ACME', /line break/],
    ['a user with a blank that is none at its end', 'portal_user,qlik_subject\nada\u00a0,canary\n', /blank/],
    [
      'a user with such a blank at its beginning',
      'portal_user,qlik_subject\nada,a\n\u3000bruno,b\n',
      /blank/,
    ],
    ['a subject with such a blank after a space', 'portal_user,qlik_subject\nada,a\u2003 \n', /blank/],
    ['a quote in the middle', 'portal_user,qlik_subject\nada,a\nbruno,b"canary"\n', /\brow 2\b/],
  ];
  for (const [what, content, message] of broken) {
    test(`given ${what}, is refused, and the row is named`, () => {
      assert.throws(() => csv(content), { name: 'Error', message });
      assert.throws(
        () => csv(content),
        (error: Error) => !error.message.includes('canary') && error.cause === undefined,
      );
    });
  }
});

describe('a table as JSON', () => {
  test('finds users by Qlik id or subject', () => {
    const table = json([
      { portal_user: 'ada', qlik_user_id: '65c0' },
      { portal_user: 'bruno', qlik_subject: 'b', qlik_user_id: '' },
      { portal_user: 'ada', tenant: 'eu', qlik_subject: 'a' },
    ]);

    assert.equal(table.size, 3);
    assert.deepEqual(table.find({ id: 'ada' }), { field: 'userId', value: '65c0' });
    assert.deepEqual(table.find({ id: 'bruno' }), { field: 'subject', value: 'b' });
    assert.deepEqual(table.find({ id: 'ada', tenant: 'eu' }), { field: 'subject', value: 'a' });
  });

  test('is known by its ending, in whatever case, and every other file is CSV', () => {
    const rows = '[{"portal_user":"ada","qlik_subject":"a"}]';
    assert.equal(parseUserTable(rows, 'USERS.JSON').size, 1);
    assert.equal(parseUserTable('portal_user,qlik_subject\nada,a\n', 'users.json.txt').size, 1);
    assert.equal(parseUserTable('portal_user,qlik_subject\nada,a\n', '/json').size, 1);
  });

  test('is read with the BOM that Windows writes', () => {
    assert.equal(parseUserTable('\ufeff[{"portal_user":"ada","qlik_subject":"a"}]', 'users.json').size, 1);
  });

  const ada = { portal_user: 'ada', qlik_subject: 'a' };
  const broken: [string, string, RegExp][] = [
    ['nothing', '', /^is not JSON$/],
    ['no JSON', 'canary', /^is not JSON$/],
    ['half a file', '[{"portal_user":"ada","qlik_subj', /^is not JSON$/],
    ['a key twice', '[{"portal_user":"ada","qlik_subject":"a","qlik_subject":"b"}]', /key twice$/],
    ['an object', '{}', /^is no array of rows$/],
    ['null', 'null', /^is no array of rows$/],
    ['no rows', '[]', /^has no rows$/],
    ['a row that is a text', JSON.stringify([ada, 'canary']), /^row 2: is no object$/],
    ['a row that is null', JSON.stringify([null]), /^row 1: is no object$/],
    ['a row that is an array', JSON.stringify([['ada', 'a']]), /^row 1: is no object$/],
    ['a number', JSON.stringify([{ portal_user: 7, qlik_subject: 'a' }]), /^row 1: portal_user is no text$/],
    [
      'null as subject',
      JSON.stringify([{ portal_user: 'ada', qlik_subject: null }]),
      /^row 1: qlik_subject is no text$/,
    ],
    [
      'an array as subject',
      JSON.stringify([{ portal_user: 'ada', qlik_subject: ['a'] }]),
      /^row 1: qlik_subject is no text$/,
    ],
    [
      'an unknown member',
      JSON.stringify([ada, { ...ada, note: 'canary' }]),
      /^row 2: unknown column `note`$/,
    ],
    [
      'a row in __proto__',
      '[{"__proto__":{"portal_user":"ada","qlik_subject":"a"}}]',
      /^row 1: unknown column/,
    ],
    ['a user twice', JSON.stringify([ada, ada]), /^row 2: this portal_user is listed twice$/],
    [
      'a user twice, once without a tenant',
      JSON.stringify([ada, { ...ada, tenant: '' }]),
      /^row 2: this portal_user is listed twice$/,
    ],
    ['no portal user', '[{"qlik_subject":"a"}]', /^row 1: portal_user is missing$/],
    ['neither id nor subject', '[{"portal_user":"ada"}]', /^row 1: give one of/],
    ['both', '[{"portal_user":"ada","qlik_subject":"a","qlik_user_id":"1"}]', /^row 1: give one of/],
  ];
  for (const [what, content, message] of broken) {
    test(`given ${what}, is refused, and the row is named`, () => {
      assert.throws(() => parseUserTable(content, 'users.json'), { name: /^(Syntax)?Error$/, message });
      assert.throws(
        () => parseUserTable(content, 'users.json'),
        (error: Error) => !error.message.includes('canary'),
      );
    });
  }
});

test('given 50,000 users, a table is read in a moment', () => {
  const rows = Array.from({ length: 50_000 }, (_, n) => `user${n},,subject${n}`);
  const table = csv(['portal_user,qlik_user_id,qlik_subject', ...rows, ''].join('\n'));

  assert.equal(table.size, 50_000);
  assert.equal(table.find({ id: 'user49999' })?.value, 'subject49999');
});
