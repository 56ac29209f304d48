import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { builtCheckout } from '../support/checkout.ts';
import { type Child, runProgram } from '../support/child.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { serveCdn, startPortal } from '../support/portal.ts';
import { freePort } from '../support/test-service.ts';

/** The first block of this language on a page, or below one of its headings. */
function blockOf(path: string, language: string, heading = ''): string {
  const markdown = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const [, text] =
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(markdown.slice(markdown.indexOf(heading))) ??
    [];
  return text ?? assert.fail(`${path} has no such block`);
}

/** Signs in at the service's own portal as one of the sandbox's users, and sees the numbers of that user. */
async function seesCharts(t: TestContext, origin: string): Promise<void> {
  const executable = chromiumPath(t);
  if (executable === undefined) return;
  const context = await (await launchChromium(t, executable)).newContext({ locale: 'en-US' });
  await serveCdn(context);
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByRole('button', { name: 'Ada Lindqvist' }).click();
  await page.getByText('1,570,000', { exact: true }).first().waitFor();
}

async function ports(): Promise<{ PORT: string; ADMIN_PORT: string }> {
  return { PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
}

/** As Ctrl+C in a terminal, which every process in it hears. */
async function interrupt({ process: program, ended }: Child): Promise<void> {
  process.kill(-(program.pid as number), 'SIGINT');
  await ended();
}

test('the block of docs/sandbox.md starts the sandbox and the service, users included; Ctrl+C ends both', async (t) => {
  const env = await ports();
  const both = runProgram(t, builtCheckout(t), 'sh', ['-ec', blockOf('docs/sandbox.md', 'sh')], env);
  await both.printed(/"event":"service.listening"/);
  const [, tenant = ''] = await both.printed(/Sandbox tenant +(\S+)/);
  await seesCharts(t, `http://localhost:${env.PORT}`);
  await interrupt(both);
  await both.printed(/"event":"service.stopped"/);
  await assert.rejects(fetch(tenant));
});

test('what the sandbox prints can be put into .env, and starts the service', async (t) => {
  const folder = builtCheckout(t);
  const env = await ports();
  const sandbox = runProgram(t, folder, 'npm', ['run', '-s', 'sandbox'], { PORT: env.PORT });
  await sandbox.printed(/Ctrl\+C/);
  const [settings = ''] = /(^[A-Z_]+=.*\n)+/m.exec(sandbox.output()) ?? [];
  writeFileSync(join(folder, '.env'), `${settings}PORT=${env.PORT}\nADMIN_PORT=${env.ADMIN_PORT}\n`);
  const service = runProgram(t, folder, 'npm', ['start']);
  await service.printed(/"event":"service.listening"/);
  await seesCharts(t, `http://localhost:${env.PORT}`);
});

test('the page of the README shows the numbers of who signs in, by the command of the README', async (t) => {
  const portal = await startPortal(t);
  const env = await ports();
  const heading = '## A page of your own';
  const ofThisTest = (text: string) =>
    text
      .replaceAll('http://localhost:5173', portal.origin)
      .replaceAll('http://localhost:3000', `http://localhost:${env.PORT}`);
  const command = ofThisTest(blockOf('README.md', 'sh', heading));
  assert.ok(command.includes(portal.origin));
  portal.files = { '/': ofThisTest(blockOf('README.md', 'html', heading)) };
  portal.policy = "default-src * 'unsafe-inline'";
  const both = runProgram(t, builtCheckout(t), 'sh', ['-ec', command], env);
  await both.printed(/"event":"service.listening"/);
  await seesCharts(t, portal.origin);
});
