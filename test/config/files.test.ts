import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { FileChecks } from '../../src/config/load.ts';
import { settings as table } from '../../src/config/settings.ts';
import { parseDemoUsers } from '../../src/demo/demo-auth.ts';
import { parseUserTable } from '../../src/directory/user-table.ts';
import { load, problemsOf } from './base-env.ts';

const SECRET = 'x'.repeat(40);

describe('a secret in a file', () => {
  for (const [what, content] of [
    ['without a newline', SECRET],
    ['with a newline at its end', `${SECRET}\n`],
    ['with a Windows newline at its end', `${SECRET}\r\n`],
  ] as const) {
    test(`${what} is read as it is meant`, (t) => {
      const path = file(t, content);
      const { settings } = load({ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_SECRET_FILE: path });

      assert.equal(settings.QLIK_CLIENT_SECRET?.reveal(), SECRET);
    });
  }

  test('loses one newline and nothing else: what stands beside it is refused, not cut off', (t) => {
    for (const [content, word] of [
      [`${SECRET}\n\n`, 'ends with a line end'],
      [` ${SECRET}\n`, 'begins with a blank'],
      [`\ufeff${SECRET}\n`, 'begins with a byte order mark'],
      [Buffer.from(`\ufeff${SECRET}\r\n`, 'utf16le'), 'is no text in UTF-8'],
    ] as const) {
      const path = file(t, content);
      const [problem = '', ...others] = problemsOf({
        QLIK_CLIENT_SECRET: undefined,
        QLIK_CLIENT_SECRET_FILE: path,
      });
      assert.ok(problem.startsWith(`QLIK_CLIENT_SECRET: ${word}; `), problem);
      assert.deepEqual(others, []);
    }
  });

  test('whose path is in quotes is no file: the problem says why', () => {
    assert.deepEqual(
      problemsOf({ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_SECRET_FILE: '"/run/secrets/canary"' }),
      [
        'QLIK_CLIENT_SECRET: the path in QLIK_CLIENT_SECRET_FILE is in quotes, which are part of the value; leave them out',
      ],
    );
    assert.deepEqual(problemsOf({ DEMO_USERS: '"users.json"' }), [
      'DEMO_USERS: is in quotes, which are part of the value; leave them out',
    ]);
  });

  test('given besides the variable is an error, also when both say the same', (t) => {
    const path = file(t, SECRET);

    assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET: SECRET, QLIK_CLIENT_SECRET_FILE: path }), [
      'QLIK_CLIENT_SECRET: give either QLIK_CLIENT_SECRET or QLIK_CLIENT_SECRET_FILE, not both',
    ]);
  });

  test('given besides an empty variable is used, and an empty path counts as absent', (t) => {
    const path = file(t, SECRET);

    assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET: '', QLIK_CLIENT_SECRET_FILE: path }), []);
    assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET_FILE: '' }), []);
  });

  test('that cannot be read is an error with the reason', (t) => {
    const path = file(t, SECRET);

    for (const [wrong, reason] of [
      [`${path}-not`, 'ENOENT'],
      [join(path, '..'), 'EISDIR'],
    ] as const) {
      assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_SECRET_FILE: wrong }), [
        `QLIK_CLIENT_SECRET: cannot read the file in QLIK_CLIENT_SECRET_FILE: ${reason}`,
      ]);
    }
  });

  test('that is empty is an error, not an absent secret', (t) => {
    for (const content of ['', '\n']) {
      const path = file(t, content);
      assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_SECRET_FILE: path }), [
        'QLIK_CLIENT_SECRET: expected a secret',
      ]);
      assert.deepEqual(
        problemsOf({ SESSION_SECRET: undefined, SESSION_SECRET_FILE: path }).map((problem) =>
          problem.startsWith('SESSION_SECRET:'),
        ),
        [true],
      );
    }
  });

  test('that is wrong inside is named by the setting, like a wrong variable', (t) => {
    const path = file(t, 'short\n');

    const [problem] = problemsOf({ SESSION_SECRET: undefined, SESSION_SECRET_FILE: path });

    assert.match(problem ?? '', /^SESSION_SECRET: expected a secret of at least 32 characters/);
  });

  test('can be given for every setting that holds one', () => {
    for (const [name, setting] of table) {
      if (/(SECRET|PRIVATE_KEY)$/.test(name)) assert.equal(setting.fromFile, true, name);
    }
  });
});

describe('a file that a setting names', () => {
  const fileChecks: FileChecks = {
    DEMO_USERS: ({ text }) => parseDemoUsers(text),
    USER_TABLE: ({ text, path }) => parseUserTable(text, path),
  };

  test('is checked with the settings, and its problem named with the others', (t) => {
    const users = file(t, '[{"name":"no id"}]');
    const usersTable = file(t, 'portal_user,qlik_subject\nada,\n', 'users.csv');

    const issues = problemsOf(
      { DEMO_USERS: users, USER_MAPPING: 'table', USER_TABLE: usersTable, PORT: 'x' },
      { fileChecks },
    );

    assert.equal(issues.length, 3);
    assert.match(issues[0] ?? '', /^PORT: /);
    assert.match(issues[1] ?? '', /^DEMO_USERS: expected \[\{ "id"/);
    assert.match(issues[2] ?? '', /^USER_TABLE: row 1: give one of qlik_user_id and qlik_subject/);
  });

  test('that is not there is named with its path and the reason', () => {
    assert.deepEqual(problemsOf({ DEMO_USERS: '/nowhere/users.json' }, { fileChecks }), [
      'DEMO_USERS: cannot read /nowhere/users.json: ENOENT',
    ]);
  });

  test('that is not there is shown only if it looks like a path: it may be a secret', () => {
    for (const path of ['users.json', './users', 'data/users', '/etc/qlik-token-broker/users-of-the-demo'])
      assert.deepEqual(problemsOf({ DEMO_USERS: path }, { fileChecks }), [
        `DEMO_USERS: cannot read ${path}: ENOENT`,
      ]);
    for (const secret of ['canary', `canary/${'0123456789abcdef/'.repeat(2)}`, `/${'canary'.repeat(6)}`])
      assert.deepEqual(problemsOf({ DEMO_USERS: secret }, { fileChecks }), [
        'DEMO_USERS: cannot read the file that it names: ENOENT',
      ]);
  });

  test('that is fit loads', (t) => {
    const users = file(t, '[{"id":"ada"}]');
    const usersTable = file(t, '[{"portal_user":"ada","qlik_subject":"ada"}]', 'users.json');

    assert.deepEqual(
      problemsOf({ DEMO_USERS: users, USER_MAPPING: 'table', USER_TABLE: usersTable }, { fileChecks }),
      [],
    );
  });

  test('is not read when the setting is not given', () => {
    const readFile = () => assert.fail('read');
    assert.deepEqual(problemsOf({}, { fileChecks, readFile }), []);
  });
});

function file(t: TestContext, content: string | Buffer, name = 'file'): string {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
