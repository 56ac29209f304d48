import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { all, parseDockerfile, words } from './dockerfile.ts';
import { brokenRules } from './dockerfile-policy.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('Dockerfile', root), 'utf8');

/** What goes wrong, the change that does it, and the rule that must notice. */
const mistakes: [what: string, from: string | RegExp, to: string, rule: RegExp][] = [
  ['a tag that moves', 'node:24-trixie-slim', 'node:latest', /slim Node 24/],
  ['another base for one stage', /FROM \$\{NODE_IMAGE\} AS image/, 'FROM debian AS image', /slim Node 24/],
  ['packages without the lockfile', 'npm ci --ignore-scripts', 'npm install --ignore-scripts', /lockfile/],
  ['scripts of packages', ' --ignore-scripts', '', /scripts of theirs/],
  ['a secret argument', 'ARG VERSION=unknown', 'ARG NPM_TOKEN', /secret/],
  ['a secret variable', 'HOST=0.0.0.0', 'HOST=0.0.0.0 SESSION_SECRET=x', /secret/],
];

describe('the Dockerfile', () => {
  test('keeps every rule', () => {
    assert.deepEqual(brokenRules(parseDockerfile(text)), []);
  });

  for (const [what, from, to, rule] of mistakes) {
    test(`with ${what} would break a rule`, () => {
      const broken = text.replace(from, to);
      assert.notEqual(broken, text);
      assert.match(brokenRules(parseDockerfile(broken)).join('\n'), rule);
    });
  }

  test('starts what the build makes', () => {
    for (const source of ['src/cli/main.ts', 'src/health-check.ts']) {
      assert.ok(existsSync(new URL(source, root)), source);
    }
  });
});

describe('.dockerignore', () => {
  const lines = readFileSync(new URL('.dockerignore', root), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const allowed = lines.slice(1).map((line) => line.replace(/^!/, ''));

  test('keeps everything out but a list of names', () => {
    assert.equal(lines[0], '*');
    for (const line of lines.slice(1)) assert.match(line, /^![\w.-]+$/);
  });

  test('lets in exactly what the Dockerfile copies', () => {
    const copied = parseDockerfile(text)
      .stages.flatMap((stage) => all(stage, 'COPY'))
      .filter(({ flags }) => flags.length === 0)
      .flatMap(({ rest }) => words(rest).slice(0, -1));
    assert.deepEqual([...new Set(copied)].sort(), allowed.toSorted());
  });
});
