import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseEnv } from '../config/base-env.ts';
import { runBuilt } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const CANARY = 'canary-8d1f';

/** The environment of a service in which this happens at SIGUSR2, as if it were in a package that it uses. */
async function envOf(fault: string) {
  const script = `const secret = process.env.QLIK_CLIENT_SECRET; process.on('SIGUSR2', () => { ${fault} });`;
  return {
    ...baseEnv,
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}`,
    PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
    QLIK_CLIENT_SECRET: CANARY,
    SESSION_SECRET: CANARY.repeat(4),
  };
}

describe('what nobody caught ends the process with 70 and a line in the log that holds none of it', () => {
  const faults: [what: string, fault: string, err: object][] = [
    [
      'a rejected promise',
      "Promise.reject(Object.assign(new TypeError(secret + '\\n    at ' + secret), { code: 'ECANARY' }));",
      { type: 'TypeError', code: 'ECANARY' },
    ],
    [
      'an error with a cause',
      "Promise.reject(new Error('a', { cause: new RangeError(secret) }));",
      { type: 'Error', cause: { type: 'RangeError' } },
    ],
    ['an exception', 'throw new Error(secret);', { type: 'Error' }],
    ['a text that is thrown', 'throw secret;', { type: 'string' }],
    [
      'a text as a reason',
      'Promise.reject(secret);',
      { type: 'UnhandledPromiseRejection', code: 'ERR_UNHANDLED_REJECTION' },
    ],
  ];
  for (const [what, fault, err] of faults) {
    for (const command of [['dist/main.js'], ['dist/cli/main.js', 'serve']]) {
      test(`${what}, in ${command.join(' ')}`, async (t) => {
        const [file = '', ...args] = command;
        const child = runBuilt(t, file, args, await envOf(fault));
        await child.printed(/"event":"service.listening"/);
        child.process.kill('SIGUSR2');
        assert.equal(await child.ended(), 70);

        assert.ok(!child.output().includes(CANARY), child.output());
        // Nothing but the log's lines.
        const lines = child
          .output()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        const last = lines.at(-1);
        assert.deepEqual([last.event, last.level], ['service.crashed', 50]);
        assert.deepEqual(withoutFrames(last.err), err);
      });
    }
  }

  test('whether or not the log is written at all', async (t) => {
    const env = { ...(await envOf('throw new Error(secret);')), LOG_LEVEL: 'silent' };
    const child = runBuilt(t, 'dist/main.js', [], env);
    const url = `http://localhost:${env.PORT}/livez`;
    await until(() =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    child.process.kill('SIGUSR2');
    assert.equal(await child.ended(), 70);
    assert.equal(child.output(), '');
  });
});

interface Facts {
  readonly frames?: readonly string[];
  readonly cause?: Facts;
}

function withoutFrames({ frames: _, cause, ...facts }: Facts): object {
  return { ...facts, ...(cause && { cause: withoutFrames(cause) }) };
}
