import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importsOf, readSources, type Sources } from './support/imports.ts';
import { readLayers } from './support/layers.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

describe('the house', () => {
  const layers = readLayers(page);
  const house = readSources(join(root, 'src'));
  const violations = layers.violations(house);

  test('is as the table of docs/architecture.md says', () => assert.deepEqual(violations, []));

  test('has the files that the page names', () => {
    const named = [...page.matchAll(/`([\w-]+(?:\/[\w-]+)*\.ts)`/g)].map(([, file = '']) => file);
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((file) => !existsSync(join(root, 'src', file)) && !existsSync(join(root, file))),
      [],
    );
  });

  const planted: [string, string, RegExp | undefined][] = [
    ['token/a.ts', "import { problems } from '../http/problem.ts';", /token may not import http$/],
    ['qlik/a.ts', "import type { TokenKey } from '../token/token-key.ts';", /qlik may not import token$/],
    ['http/routes/a.ts', "import '../../qlik/http.ts';", /http may not import qlik$/],
    ['http/a.ts', "import '../store/memory/records.ts';", /http may not import store\/memory$/],
    ['http/a.ts', "import { WebSocketServer } from 'ws';", /http may not import this package$/],
    ['session/a.ts', "import '../token/token-service.ts';", /session may not import token$/],
    ['portal/a.ts', "import seed from '../sandbox/seed.json';", /portal may not import sandbox$/],
    ['store/a.ts', "import '../config/kinds.ts';", /store may not import config$/],
    ['store/a.ts', "import './redis/connection.ts';", /store may not import store\/redis$/],
    ['service/a.ts', "import '../sandbox/sandbox.ts';", /service may not import sandbox$/],
    ['service/a.ts', "import '../demo/demo-mode.ts';", /service may import demo only lazily$/],
    ['service/a.ts', "await import('../demo/demo-mode.ts');", undefined],
    ['service/a.ts', "import type { DemoUser } from '../demo/demo-auth.ts';", undefined],
    ['serve.ts', "import './demo/demo-mode.ts';", /serve\.ts may not import demo$/],
    ['cli/main.ts', "import './commands/demo.ts';", /cli\/main\.ts may import cli\/commands only lazily$/],
    ['cli/main.ts', "import '../sandbox/sandbox.ts';", /cli\/main\.ts may not import sandbox$/],
    ['sandbox/routes/a.ts', "import '../../lib/clock.ts';", /sandbox may not import lib$/],
    ['sandbox/routes/a.ts', "import '../embed/chart.ts';", /sandbox may not import sandbox\/embed$/],
    ['sandbox/routes/a.ts', "import '../engine/app.ts';", undefined],
    ['browser/a.ts', "import 'node:crypto';", /browser runs in the page$/],
    ['browser/a.ts', "import '../lib/clock.ts';", /browser may not import lib$/],
    ['token/a.ts', "import '../lib/clock.ts';", undefined],
    ['new-room/a.ts', "import '../lib/clock.ts';", /its folder is on no row of the table$/],
    ['http/a.ts', "import '../new-room/a.ts';", /new-room\/a\.ts is on no row of the table$/],
    ['service/a.ts', "import '../../test/support/until.ts';", /is on no row of the table$/],
  ];
  for (const [file, source, objection] of planted) {
    test(`${objection ? 'refuses' : 'allows'} ${source} in ${file}`, () => {
      const imports = importsOf(file, source);
      assert.equal(imports.length, 1);
      const found = layers
        .violations({ ...house, imports: [...house.imports, ...imports] })
        .filter((violation) => !violations.includes(violation));
      assert.equal(found.length, objection ? 1 : 0, found.join('\n'));
      if (objection) assert.match(found[0] as string, objection);
    });
  }
});

const TABLE = `# A page

| folder | may import | packages |
|---|---|---|
| \`ground.ts\` (ground) | – | – |
| \`low\` | – | \`@scope/name\` |
| \`low/inner\` | \`low\` | – |
| \`middle\` | \`low\`, \`seeds/one.json\` | – |
| \`top\` | \`middle\`, \`low/inner\`, \`other\` (lazily) | – |
| \`other\` (alone) | – | – |
| \`seeds\` | – | – |
| \`page\` (in the page) | – | – |

| another | table |
|---|---|
| of | something |
`;

/** Files that the table describes as they are. */
const FILES = {
  'ground.ts': 'export const a = 1;',
  'low/a.ts': "import '../ground.ts'; import '@scope/name/deep';",
  'low/folder/a.ts': "import '../a.ts';",
  'low/inner/a.ts': "import '../folder/a.ts';",
  'middle/a.ts': "import '../low/a.ts'; import one from '../seeds/one.json' with { type: 'json' };",
  'top/a.ts': "import '../middle/a.ts'; import '../low/inner/a.ts'; await import('../other/a.ts');",
  'other/a.ts': "import 'node:fs';",
  'seeds/one.json': '{}',
  'seeds/two.json': '{}',
  'page/a.ts': 'export const a = 1;',
};

/** The tree with these files besides, or instead; undefined takes one away. Removed with the test. */
function plant(t: TestContext, changed: Record<string, string | undefined>): Sources {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [file, source] of Object.entries({ ...FILES, ...changed })) {
    if (source === undefined) continue;
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
  return readSources(folder);
}

describe('an allow list', () => {
  test('given a tree as it says, has nothing to say', (t) =>
    assert.deepEqual(readLayers(TABLE).violations(plant(t, {})), []));

  const violations: [string, Record<string, string | undefined>, string[]][] = [
    [
      'an import upwards',
      { 'low/b.ts': "import '../middle/a.ts';" },
      ['low/b.ts imports ../middle/a.ts (static): low may not import middle'],
    ],
    [
      'an import of a type upwards',
      { 'low/b.ts': "import type { A } from '../middle/a.ts';" },
      ['low/b.ts imports ../middle/a.ts (type): low may not import middle'],
    ],
    [
      'a re-export',
      { 'low/b.ts': "export * from '../middle/a.ts';" },
      ['low/b.ts imports ../middle/a.ts (static): low may not import middle'],
    ],
    [
      'a new folder that imports',
      { 'new/a.ts': "import '../ground.ts';" },
      [
        'new/a.ts: is on no row of the table',
        'new/a.ts imports ../ground.ts (static): its folder is on no row of the table',
      ],
    ],
    [
      'a new folder that is imported',
      { 'new/a.ts': '', 'middle/b.ts': "import '../new/a.ts';" },
      [
        'new/a.ts: is on no row of the table',
        'middle/b.ts imports ../new/a.ts (static): new/a.ts is on no row of the table',
      ],
    ],
    ['a new folder that does nothing', { 'new/a.ts': '' }, ['new/a.ts: is on no row of the table']],
    [
      'a static import where only a lazy one is allowed',
      { 'top/b.ts': "import { type A } from '../other/a.ts';" },
      ['top/b.ts imports ../other/a.ts (static): top may import other only lazily'],
    ],
    [
      'a type where only lazy imports are allowed',
      { 'top/b.ts': "import type { A } from '../other/a.ts';" },
      [],
    ],
    [
      'an import of a room that has a row beneath another',
      { 'middle/b.ts': "import '../low/inner/a.ts';" },
      ['middle/b.ts imports ../low/inner/a.ts (static): middle may not import low/inner'],
    ],
    [
      'a room that imports one within it',
      { 'low/b.ts': "import './inner/a.ts';" },
      ['low/b.ts imports ./inner/a.ts (static): low may not import low/inner'],
    ],
    [
      'an import of another file than the one that is allowed',
      { 'middle/b.ts': "import two from '../seeds/two.json' with { type: 'json' };" },
      ['middle/b.ts imports ../seeds/two.json (static): middle may not import seeds'],
    ],
    [
      'an import of the ground by one that stands alone',
      { 'other/b.ts': "import '../ground.ts';" },
      ['other/b.ts imports ../ground.ts (static): other may not import ground.ts'],
    ],
    [
      'one of Node’s modules in the page',
      { 'page/b.ts': "import 'node:fs';" },
      ['page/b.ts imports node:fs (static): page runs in the page'],
    ],
    [
      'a package of another room',
      { 'middle/b.ts': "import '@scope/name';" },
      ['middle/b.ts imports @scope/name (static): middle may not import this package'],
    ],
    [
      'a package with almost the same name',
      { 'low/b.ts': "import '@scope/name-more';" },
      ['low/b.ts imports @scope/name-more (static): low may not import this package'],
    ],
    [
      'an absolute path',
      { 'low/b.ts': "import '/etc/a.ts';" },
      ['low/b.ts imports /etc/a.ts (static): low may not import this package'],
    ],
    [
      'an import that only the running program knows',
      { 'low/b.ts': 'await import(process.argv[2]);' },
      ['low/b.ts imports something (dynamic): nobody can tell what that will be'],
    ],
    [
      'a permission that nobody uses',
      { 'middle/a.ts': "import '../low/a.ts';" },
      ['middle: may import seeds/one.json, and does not'],
    ],
    ['a package that nobody uses', { 'low/a.ts': '' }, ['low: may import @scope/name, and does not']],
    ['a room that is gone', { 'page/a.ts': undefined }, ['page: has a row, and no file']],
  ];
  for (const [what, changed, expected] of violations) {
    test(`given ${what}, says ${expected.length === 0 ? 'nothing' : 'so'}`, (t) =>
      assert.deepEqual(readLayers(TABLE).violations(plant(t, changed)), expected));
  }

  const row = '| `low/inner` | `low` | – |';
  const garbled: [string, string, RegExp][] = [
    ['no page', '', /there must be one table/],
    ['no table', '# A page\n', /there must be one table/],
    ['another head', TABLE.replace('may import', 'imports'), /there must be one table/],
    ['two tables', TABLE + TABLE, /there must be one table/],
    ['a table without rows', TABLE.replace(/^\| `.*\n/gm, ''), /has no rows/],
    ['a row with two cells', TABLE.replace(row, '| `low/inner` | `low` |'), /no row of three cells/],
    ['a row with four cells', TABLE.replace(row, `${row} – |`), /no row of three cells/],
    ['an empty cell', TABLE.replace(row, '| `low/inner` | | – |'), /no row of three cells|means nothing/],
    ['a cell of one blank', TABLE.replace(row, '| `low/inner` |   | – |'), /“” means nothing/],
    ['a name without its marks', TABLE.replace(row, '| `low/inner` | low | – |'), /“low” means nothing/],
    ['a word of prose', TABLE.replace(row, '| `low/inner` | `low`, mostly | – |'), /“mostly” means nothing/],
    ['an unknown mark', TABLE.replace('(alone)', '(lonely)'), /“`other` \(lonely\)” means nothing/],
    ['the same row twice', TABLE.replace(row, `${row}\n${row}`), /two rows for low\/inner/],
    [
      'a name that has no row',
      TABLE.replace(row, '| `low/inner` | `lower` | – |'),
      /lower, which has no row/,
    ],
    ['a room that names itself', TABLE.replace(row, '| `low/inner` | `low/inner` | – |'), /import itself/],
    ['a circle', TABLE.replace('| `low` | – |', '| `low` | `top` |'), /low → top → middle → low/],
  ];
  for (const [what, text, why] of garbled) {
    test(`given ${what}, is refused`, () => {
      assert.notEqual(text, TABLE);
      assert.throws(() => readLayers(text), why);
    });
  }
});

describe('an import is seen', () => {
  const cases: [string, string][] = [
    ["import { a } from './x.ts';", 'static'],
    ["import './x.ts';", 'static'],
    ["import * as x from './x.ts';", 'static'],
    ["import x from './x.json' with { type: 'json' };", 'static'],
    ["import { type A } from './x.ts';", 'static'],
    ["import { type A, b } from './x.ts';", 'static'],
    ["import x = require('./x.ts');", 'static'],
    ["export { a } from './x.ts';", 'static'],
    ["export * from './x.ts';", 'static'],
    ["export * as x from './x.ts';", 'static'],
    ["import type { A } from './x.ts';", 'type'],
    ["export type { A } from './x.ts';", 'type'],
    ["export type * from './x.ts';", 'type'],
    ['type A = import("./x.ts").A;', 'type'],
    ['let a: typeof import("./x.ts");', 'type'],
    ["declare module './x.ts' { interface A {} }", 'type'],
    ['const a = async () => (await import("./x.ts")).a;', 'dynamic'],
    ['class A { b = [() => import("./x.ts")]; }', 'dynamic'],
  ];
  for (const [source, kind] of cases) {
    test(source, () => {
      const specifier = source.includes('.json') ? './x.json' : './x.ts';
      assert.deepEqual(importsOf('a.ts', source), [{ file: 'a.ts', specifier, kind }]);
    });
  }

  test('and nothing else is', () =>
    assert.deepEqual(
      importsOf('a.ts', "// import './x.ts';\nconst a = \"import './x.ts'\";\nexport { a };\nnamespace N {}"),
      [],
    ));

  test('a file that cannot be parsed is named', () =>
    assert.throws(() => importsOf('a.ts', "import { from './x.ts';"), /^Error: a\.ts: /));
});
