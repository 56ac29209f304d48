import assert from 'node:assert/strict';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { baseEnv } from '../config/base-env.ts';
import { builtCheckout, freshCheckout } from '../support/checkout.ts';
import { type Child, runProgram, signalGroup } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';

async function ports(): Promise<Record<string, string>> {
  return { PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
}

/** Runs a command of npm's to its end. */
async function npm(
  t: TestContext,
  folder: string,
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const child = runProgram(t, folder, 'npm', args);
  return { code: (await child.ended()) ?? -1, output: child.output() };
}

/** Nothing is left of npm, the shell that it started, or node. */
async function endsWithNpm(child: Child, signal: NodeJS.Signals): Promise<void> {
  child.process.kill(signal);
  assert.equal(await child.ended(), 0, child.output());
  assert.ok(!signalGroup(child.process, 0), `npm has left a process behind:\n${child.output()}`);
  await until(() => child.output().includes('"event":"service.stopped"'));
}

// Guards against dash, which npm runs the script in: it would end at the signal and leave node running.
test('SIGTERM to npm start ends the service, and npm with code 0', async (t) => {
  const child = runProgram(t, builtCheckout(t), 'npm', ['start'], { ...baseEnv, ...(await ports()) });
  await child.printed(/"event":"service.listening"/);
  await endsWithNpm(child, 'SIGTERM');
});

describe('npm start without a container:', () => {
  test('before anything is built it says what to run, and compiles nothing itself', async (t) => {
    const { code, output } = await npm(t, freshCheckout(t), 'start');
    assert.equal(code, 1);
    assert.match(output, /^Nothing is built yet\. Run first: npm ci && npm run build$/m);
  });

  test('it is built, the development packages are removed, and it starts, and stops with npm', async (t) => {
    const folder = freshCheckout(t);
    for (const command of [
      ['run', 'build'],
      ['prune', '--omit=dev', '--offline', '--no-audit'],
    ]) {
      const { code, output } = await npm(t, folder, ...command);
      assert.equal(code, 0, output);
    }
    assert.ok(!existsSync(join(folder, 'node_modules/tsx')));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = runProgram(t, folder, 'npm', ['start'], { ...baseEnv, ...(await ports()) });
      await child.printed(/"event":"service.listening"/);
      await endsWithNpm(child, signal);
    }

    // What is built is still there for the demo; what has changed cannot be built any more.
    const demo = runProgram(t, folder, 'npm', ['run', 'demo', '--', '--port', String(await freePort())]);
    await demo.printed(/Demo portal {2}/);
    assert.doesNotMatch(demo.output(), /Building/);
    appendFileSync(join(folder, 'src/errors.ts'), '\n');
    const { code, output } = await npm(t, folder, 'run', 'demo');
    assert.equal(code, 1);
    assert.match(output, /^Building takes the development packages\. Install them: npm ci$/m);
    assert.ok(existsSync(join(folder, 'dist/main.js')), 'what was built is still there');
  });

  test('npm run demo builds in a fresh clone, says so, and builds again only when the sources changed', async (t) => {
    const folder = freshCheckout(t);
    const demo = async () => {
      const child = runProgram(t, folder, 'npm', ['run', 'demo', '--', '--port', String(await freePort())]);
      await child.printed(/Demo portal {2}/);
      return child.output();
    };
    assert.match(await demo(), /^Building, .*\n {2}the service …\n/m);
    assert.doesNotMatch(await demo(), /Building/);
    writeFileSync(join(folder, 'src/errors.ts'), 'this is no TypeScript');
    const { code, output } = await npm(t, folder, 'run', 'demo');
    assert.equal(code, 1);
    assert.match(output, /^Building, .*\n.*error TS\d+.*^This has failed: tsc -p \.$/ms);
    // Not taken for built, now that it is only half there.
    assert.equal((await npm(t, folder, 'run', 'demo')).code, 1);
  });
});

test('each way to call it tells its version and how to call it', async (t) => {
  const folder = builtCheckout(t);
  const ways = [
    ['node', 'dist/main.js'],
    ['node', 'dist/cli/main.js'],
    ['npm', '--silent', 'start', '--'],
  ];
  for (const [program = '', ...args] of ways) {
    for (const [word, said] of [
      ['--version', /^qlik-token-broker \d+\.\d+\.\d+ on Node \d+/],
      ['--help', /^Usage: qlik-token-broker <command>/],
    ] as const) {
      const child = runProgram(t, folder, program, [...args, word]);
      assert.equal(await child.ended(), 0);
      assert.match(child.output(), said, `${program} ${args.join(' ')} ${word}`);
    }
  }
});
