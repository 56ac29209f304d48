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

  test('.env.example asks for what is required, and loads once that is filled in', () => {
    const example = parseEnv(renderEnvExample());
    assert.deepEqual(Object.keys(example).toSorted(), Object.keys(baseEnv).toSorted());
    const required = [...table].filter(([, setting]) => setting.required).map(([name]) => name);
    for (const name of required) assert.ok(name in example, name);

    assert.deepEqual(problemsOf({ ...example, ...baseEnv }), []);
  });

  test('.env.example still loads when somebody uncomments all of it', () => {
    const example = parseEnv(uncommented());
    assert.deepEqual(Object.keys(example).toSorted(), [...table.keys()].toSorted());

    assert.deepEqual(problemsOf({ ...example, ...baseEnv }), []);
  });

  test('.env.example has a word on each setting, its default, and lines that fit a terminal', () => {
    const lines = renderEnvExample().split('\n');
    for (const [name, { default: value = '' }] of table) {
      const at = lines.findIndex((line) => line.replace(/^#/, '').startsWith(`${name}=`));
      assert.match(lines[at - 1] ?? '', /^# .*\.$/, name);
      assert.ok(lines[at]?.endsWith(`=${value.replace('$PORT', '3000')}`), lines[at]);
    }
    for (const line of lines) assert.ok(line.length <= 120, line);
  });

  // Node cuts a value at #, Compose puts variables in for $, systemd reads \, and Docker keeps quotes and blanks.
  test('.env.example means the same to Node, Docker, Compose and systemd', () => {
    for (const line of uncommented().split('\n')) {
      assert.match(line, /^$|^#|^[A-Z][A-Z_]*=([^\s#$\\'"`]+( [^\s#$\\'"`]+)*)?$/);
    }
  });
});

function uncommented(): string {
  return renderEnvExample().replace(/^#(?=[A-Z_]+=)/gm, '');
}
