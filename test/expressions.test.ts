import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { readQlikError } from '../src/qlik/error-response.ts';

const src = fileURLToPath(new URL('../src/', import.meta.url));
/** The sandbox and the pages of the demo meet nobody but ourselves. */
const NOT_SERVED = /^(sandbox|demo)\//;

/** Every regular expression of the service, with the file that it stands in. */
function expressions(): [file: string, expression: RegExp][] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !NOT_SERVED.test(file))
    .sort();
  return files.flatMap((file) => {
    const found: [string, RegExp][] = [];
    const visitor = new Visitor({
      Literal(node) {
        if ('regex' in node) found.push([file, new RegExp(node.regex.pattern, node.regex.flags)]);
      },
    });
    visitor.visit(parseSync(file, readFileSync(join(src, file), 'utf8')).program);
    return found;
  });
}

/** Parts that repeat in texts which make a careless expression start again at every place. */
function repeated(expression: RegExp): string[] {
  const words = expression.source.match(/[A-Za-z]{2,}/g) ?? [];
  const signs = expression.source.match(/[^\\\w\s]/g) ?? [];
  const common = [' ', '\t', 'a', '0', '.', ',', ':', '"', '\\', '/', '-', '=', '%', 'é', '\u00a0'];
  const parts = [...new Set([...common, ...signs, ...words])];
  return [...parts, ...words.map((word) => `${word} `), ...common.map((sign) => `a${sign}`)];
}

/** The least of some runs, in milliseconds of the processor: what else the machine does counts for nothing. */
function timeOf(expression: RegExp, text: string, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    expression.lastIndex = 0;
    expression.test(text);
    return process.cpuUsage(before).user / 1_000;
  });
  return Math.min(...times);
}

const LENGTH = 20_000;
/** What a linear expression takes for so short a text is less than what cannot be measured. */
const NOISE_MS = 10;

function isLinear(expression: RegExp, part: string, end: string): boolean {
  const text = (length: number) => part.repeat(Math.ceil(length / part.length)) + end;
  const once = timeOf(expression, text(LENGTH), 2);
  if (once < NOISE_MS) return true;
  // Four times the text: sixteen times for a quadratic one.
  return timeOf(expression, text(2 * LENGTH), 3) < 8 * timeOf(expression, text(LENGTH / 2), 3);
}

describe('every regular expression', () => {
  const all = expressions();
  test('is found', () => {
    assert.ok(all.length > 60, String(all.length));
  });

  for (const [file, expression] of all) {
    test(`of ${file} takes no more than its share of time for more text: ${expression}`, () => {
      for (const part of repeated(expression))
        for (const end of ['', '!', '\n'])
          assert.ok(isLinear(expression, part, end), `texts of ${JSON.stringify(part)}`);
    });
  }

  test('that is not linear is found out', () => {
    assert.equal(isLinear(/\buser\b[^.]*\bnot found\b/, 'user ', '!'), false);
    assert.equal(isLinear(/\/+$/, '/', '!'), false);
  });
});

// Guards against a process that stands still while it reads what a tenant says.
test('an error of a tenant’s with a megabyte of text is read at once: only its beginning is looked at', () => {
  const detail = 'user '.repeat(200_000);
  const read = (text: string) =>
    readQlikError(
      { status: 401, headers: {}, body: JSON.stringify({ errors: [{ code: 'X-1', title: text }] }) },
      Date.now(),
      'ada',
    ).details.namesUser;
  assert.equal(read(detail), false);
  assert.equal(read(`The user was not found. ${detail}`), true);
  assert.equal(read(`${detail} was not found`), false);
});
