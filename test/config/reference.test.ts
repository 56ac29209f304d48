import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { renderEnvExample, renderSettingsPage } from '../../src/config/reference.ts';
import { settings as table } from '../../src/config/settings.ts';
import { baseEnv, problemsOf } from './base-env.ts';

const root = new URL('../../', import.meta.url);

describe('the reference of the settings', () => {
  for (const [path, render] of [
    ['docs/settings.md', renderSettingsPage],
    ['.env.example', renderEnvExample],
  ] as const) {
    test(`${path} is what the table of settings says`, () => {
      const written = readFileSync(new URL(path, root), 'utf8');
      assert.ok(
        written === render(),
        `${path} is not what src/config/settings/ says; run \`npm run settings:write\``,
      );
    });
  }

  test('the page names each setting, and its _FILE twin where there is one', () => {
    const page = renderSettingsPage();
    for (const [name, { fromFile }] of table) {
      assert.ok(page.includes(`\`${name}\``), name);
      assert.equal(page.includes(`\`${name}_FILE\``), fromFile === true, name);
    }
  });

  test('each row of the page has its four cells, whatever a text holds', () => {
    const rows = renderSettingsPage()
      .split('\n')
      .filter((line) => line.startsWith('| '));
    assert.ok(rows.length > table.size);
    for (const row of rows) assert.equal(row.match(/(?<!\\)\|/g)?.length, 5, row);
  });

  test('.env.example loads once what is required is filled in', () => {
    const example = parseEnv(renderEnvExample());
    const required = [...table].filter(([, setting]) => setting.required).map(([name]) => name);
    assert.deepEqual(Object.keys(example).toSorted(), required.toSorted());

    assert.deepEqual(problemsOf({ ...example, ...baseEnv }), []);
  });

  test('.env.example still loads when somebody uncomments all of it', () => {
    const uncommented = renderEnvExample().replace(/^# (?=[A-Z_]+=)/gm, '');
    const example = parseEnv(uncommented);
    assert.deepEqual(Object.keys(example).toSorted(), [...table.keys()].toSorted());

    assert.deepEqual(problemsOf({ ...example, ...baseEnv }), []);
  });
});
