import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { baseEnv } from '../config/base-env.ts';
import { runBuilt } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';

for (const command of [['dist/main.js'], ['dist/cli/main.js', 'serve']]) {
  test(`SIGUSR1 opens no debugger in ${command.join(' ')}, and the service goes on`, async (t) => {
    const port = await freePort();
    const [file = '', ...args] = command;
    const child = runBuilt(t, file, args, {
      ...baseEnv,
      PORT: String(port),
      ADMIN_PORT: String(await freePort()),
    });
    await child.printed(/"event":"service.listening"/);
    for (let time = 0; time < 10; time += 1) {
      child.process.kill('SIGUSR1');
      // A debugger would come up within.
      await setTimeout(50);
      assert.equal((await fetch(`http://localhost:${port}/livez`)).status, 200);
    }
    assert.doesNotMatch(child.output(), /debugger|inspector/i);
  });
}
