import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DirectoryError } from '../../src/directory/directory-error.ts';
import { errorFacts } from '../../src/observability/error-facts.ts';
import { QlikError } from '../../src/qlik/errors.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { TokenError } from '../../src/tenant/token-error.ts';

const CANARY = 'canary-3b9f';
const shown = (error: unknown) => JSON.stringify(errorFacts(error));

describe('of a foreign error', () => {
  const foreign: [string, () => unknown][] = [
    ['an Error', () => new Error(CANARY)],
    ['a TypeError', () => new TypeError(`fetch failed: ${CANARY}`)],
    ['an error of several lines', () => new Error(`one\n${CANARY}\nthree`)],
    // Guards against a message that looks like a place in the code.
    ['a message that looks like a stack', () => new Error(`the tenant said:\n    at ${CANARY} (x.js:1:1)`)],
    ['a message that quotes a stack', () => new Error(new Error(`x\n    at ${CANARY}\n`).stack)],
    [
      'a message that was changed afterwards',
      () => Object.assign(new Error(`x\n    at ${CANARY} (x.js:1:1)`), { message: 'other' }),
    ],
    [
      'an error with more members',
      () => Object.assign(new Error('x'), { body: CANARY, headers: { CANARY } }),
    ],
    ['an error with details', () => Object.assign(new Error('x'), { details: { body: CANARY } })],
    ['an error with a long code', () => Object.assign(new Error('x'), { code: `${CANARY}\r\n`.repeat(10) })],
    ['an error with an object as code', () => Object.assign(new Error('x'), { code: { CANARY } })],
    ['several errors', () => new AggregateError([new Error(CANARY)], CANARY)],
    ['a cause', () => new Error('x', { cause: new Error(CANARY) })],
    ['a text as cause', () => new Error('x', { cause: CANARY })],
    ['an object as cause', () => new Error('x', { cause: { body: CANARY } })],
    ['a text that was thrown', () => CANARY],
    ['an object that was thrown', () => ({ message: CANARY, stack: CANARY, name: CANARY })],
    ['a JSON error', () => parseError(`{"token": ${CANARY}`)],
    ['an invalid URL', () => urlError(`http://user:${CANARY}@[`)],
    [
      'ours with a foreign cause',
      () => new StoreUnavailableError({ cause: new Error(`redis://:${CANARY}@host`) }),
    ],
  ];
  for (const [what, make] of foreign) {
    test(`given ${what}, nothing of what it picked up is shown`, () =>
      assert.equal(shown(make()).includes(CANARY), false, shown(make())));
  }

  test('its type, its code and the places in the code are shown', () => {
    const error = Object.assign(new RangeError('x'), { code: 'ECONNREFUSED' });

    const facts = errorFacts(error);

    assert.equal(facts.type, 'RangeError');
    assert.equal(facts.code, 'ECONNREFUSED');
    assert.equal(facts.message, undefined);
    assert.match(facts.frames?.[0] ?? '', /^at .*error-facts\.test\.ts:\d+:\d+\)?$/);
    assert.ok((facts.frames?.length ?? 0) > 1);
  });

  test('without a stack, no places are shown', () => {
    const error = new Error(CANARY);
    delete error.stack;
    assert.deepEqual(errorFacts(error), { type: 'Error', frames: [] });
  });

  test('what is no error is shown by its type alone', () => {
    for (const [thrown, type] of [
      [CANARY, 'string'],
      [undefined, 'undefined'],
      [null, 'object'],
      [7, 'number'],
      [{ CANARY }, 'object'],
    ] as const) {
      assert.deepEqual(errorFacts(thrown), { type });
    }
  });
});

describe('of an error of ours', () => {
  test('the message and the code are shown', () => {
    assert.deepEqual(errorFacts(new DirectoryError('user_denied', 'This user may not be impersonated.')), {
      type: 'DirectoryError',
      code: 'user_denied',
      message: 'This user may not be impersonated.',
    });
  });

  test('the details are shown', () => {
    const fault = new QlikError('refused', 'the tenant answered 401', {
      status: 401,
      upstream: { codes: ['OAUTH-1'] },
    });

    const facts = errorFacts(fault);

    assert.equal(facts.message, 'the tenant answered 401');
    assert.deepEqual(facts.facts, { status: 401, upstream: { codes: ['OAUTH-1'] } });
  });

  test('the cause is shown, each by its own rule', () => {
    const cause = Object.assign(new Error(CANARY), { code: 'ECONNRESET' });
    const fault = new TokenError('tenant_unavailable', 'Qlik Cloud does not answer.', { cause });

    const facts = errorFacts(fault);

    assert.equal(facts.message, 'Qlik Cloud does not answer.');
    assert.equal(facts.cause?.code, 'ECONNRESET');
    assert.equal(facts.cause?.message, undefined);
  });

  // One that extends another class would lose its message in the log.
  test('every error class of the service extends the one base class', () => {
    const source = new URL('../../src/', import.meta.url);
    const inPages = /\/(browser|sandbox)\//;
    const bases = filesIn(source)
      .filter((file) => !inPages.test(file.href))
      .flatMap((file) => [
        ...readFileSync(file, 'utf8').matchAll(/class (\w+Error|HttpProblem)\b.* extends (\w+)/g),
      ])
      .map(([, name, base]) => ({ name, base }));

    assert.ok(bases.length >= 8);
    const others = bases.filter(({ name, base }) => name !== 'BrokerError' && base !== 'BrokerError');
    assert.deepEqual(others, []);
  });
});

describe('of causes', () => {
  test('given a long chain, an end is made', () => {
    let error = new Error('innermost');
    for (let n = 0; n < 1_000; n++) error = new Error('x', { cause: error });

    assert.equal(depth(errorFacts(error)), 6);
  });

  test('given a circle, an end is made', () => {
    const error = new Error('x');
    error.cause = new Error('y', { cause: error });

    assert.equal(depth(errorFacts(error)), 6);
    assert.doesNotThrow(() => shown(error));
  });

  test('given itself as cause, an end is made', () => {
    const error = new Error('x');
    error.cause = error;

    assert.equal(depth(errorFacts(error)), 6);
  });
});

function depth(facts: { cause?: unknown }): number {
  return facts.cause === undefined ? 1 : 1 + depth(facts.cause as { cause?: unknown });
}

function filesIn(folder: URL): URL[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesIn(new URL(`${entry.name}/`, folder))
      : entry.name.endsWith('.ts')
        ? [new URL(entry.name, folder)]
        : [],
  );
}

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

function urlError(text: string): unknown {
  try {
    return new URL(text);
  } catch (error) {
    return error;
  }
}
