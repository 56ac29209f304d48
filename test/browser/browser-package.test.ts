import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Child, runProgram } from '../support/child.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { serveCdn, startPortal } from '../support/portal.ts';
import { snippetsOf } from '../support/snippets.ts';
import { createTestService, freePort, type TestService } from '../support/test-service.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = (name: string) => join(root, 'node_modules', '.bin', name);
const snippets = new Map(snippetsOf('front-end.md').map(({ id, text }) => [id, text]));
const textOf = (name: string) => snippets.get(`front-end.md ${name}`) ?? assert.fail(name);

/** The portal's files: the page of the docs for `@qlik/api`, with the helper from the package. */
const FILES = {
  'index.html': textOf('api-page'),
  'sales.js': textOf('sales.js'),
  'qlik-host.js': textOf('qlik-host.js').replace(/^import .*\n/, textOf('from-the-package')),
  'package.json': '{ "type": "module" }',
};
const TARBALL = 'qlik-token-broker-browser-0.1.0.tgz';

async function run(t: TestContext, folder: string, command: string, ...args: string[]): Promise<string> {
  const child: Child = runProgram(t, folder, command, args);
  assert.equal(await child.ended(), 0, child.output());
  return child.output();
}

/** An empty folder in which the package was installed as the docs say, with these files beside it. */
async function portalFolder(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'portal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await run(t, folder, 'npm', 'pack', join(root, 'dist/browser'));
  await run(t, folder, 'sh', '-c', `${textOf('install-the-package').trim()} --offline --no-audit --no-fund`);
  return folder;
}

/** Opens a portal's page, is led to the sign-in and back, and sees Ada's total. */
async function seesTotal(t: TestContext, origin: string): Promise<void> {
  const executable = chromiumPath(t);
  if (executable === undefined) return;
  const context = await (await launchChromium(t, executable)).newContext();
  await serveCdn(context);
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByRole('button', { name: 'Ada Lindqvist' }).click();
  await page.getByText('1570000', { exact: true }).waitFor();
  assert.equal(page.url(), `${origin}/`);
  const signedOut = await page.evaluate(`fetch('/logout', { method: 'POST' }).then(({ status }) => status)`);
  assert.equal(signedOut, 200);
}

async function serviceFor(t: TestContext, origin: string): Promise<TestService> {
  const service = await createTestService(t, {
    env: { PUBLIC_URL: origin },
    sandbox: { allowedOrigins: [origin] },
  });
  await service.listen();
  return service;
}

describe('the browser helper as a package of its own', () => {
  test('is small, needs nothing else, and installs into an empty folder', async (t) => {
    const folder = await portalFolder(t, { 'package.json': FILES['package.json'] });
    assert.ok(statSync(join(folder, TARBALL)).size < 5_000);
    const installed = join(folder, 'node_modules/qlik-token-broker-browser');
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.deepEqual(
      [manifest.version, manifest.license, manifest.dependencies, manifest.peerDependencies],
      [version, license, undefined, undefined],
    );
    assert.match(readFileSync(join(installed, 'LICENSE'), 'utf8'), /MIT/);
    assert.equal(
      readFileSync(join(installed, 'qlik-token.js'), 'utf8'),
      readFileSync(join(root, 'dist/browser/qlik-token.js'), 'utf8'),
    );
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    assert.ok(readme.includes(textOf('from-the-package').trim()));
  });

  test('brings its types', async (t) => {
    const main = `${textOf('from-the-package')}
      import type { GetAccessToken, Problem, TokenProviderOptions } from 'qlik-token-broker-browser';
      const options: TokenProviderOptions = { onError: ({ code }: Problem) => alert(code.length) };
      export const getAccessToken: GetAccessToken = createTokenProvider(options);
      export const length: Promise<number> = getAccessToken().then((token) => token.length);`;
    const folder = await portalFolder(t, { 'package.json': FILES['package.json'], 'main.ts': main });
    for (const resolution of [
      { module: 'es2022', moduleResolution: 'bundler' },
      { module: 'nodenext', moduleResolution: 'nodenext' },
    ]) {
      const compilerOptions = { strict: true, noEmit: true, target: 'es2022', types: [], ...resolution };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
      await run(t, folder, program('tsc'), '-p', '.');
    }
    writeFileSync(join(folder, 'main.ts'), main.replace('Promise<number>', 'Promise<string>'));
    const child = runProgram(t, folder, program('tsc'), ['-p', '.']);
    assert.notEqual(await child.ended(), 0);
    assert.match(child.output(), /TS2322/);
  });

  test('is bundled by esbuild, and by Vite, into a page that signs in and has its token', async (t) => {
    const portal = await startPortal(t);
    portal.service = (await serviceFor(t, portal.origin)).origin;
    const folder = await portalFolder(t, FILES);
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ['sales.js'],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      external: ['https://*'],
      write: false,
    });
    portal.files = { '/': FILES['index.html'], '/sales.js': outputFiles[0]?.text ?? '' };
    await seesTotal(t, portal.origin);

    await run(t, folder, program('vite'), 'build');
    const html = readFileSync(join(folder, 'dist/index.html'), 'utf8');
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
    portal.files = { '/': html, [script]: readFileSync(join(folder, 'dist', script), 'utf8') };
    await seesTotal(t, portal.origin);
  });

  test('nothing of it is left in a bundle that only imports it', async (t) => {
    const folder = await portalFolder(t, { ...FILES, 'main.js': textOf('from-the-package') });
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ['main.js'],
      bundle: true,
      format: 'esm',
      write: false,
    });
    assert.doesNotMatch(outputFiles[0]?.text ?? '', /qlik-token/);
  });
});

test('Vite’s server with the proxy of the docs shows a page that signs in and has its token', async (t) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const [, publicUrl] =
    /^PUBLIC_URL=(\S+) npm run sandbox -- npm start$/m.exec(textOf('vite-with-the-sandbox')) ?? [];
  assert.equal(publicUrl, 'http://localhost:5173');
  const service = await serviceFor(t, origin);
  const config = textOf('vite.config.proxy.js');
  assert.ok(config.includes('port: 5173,') && config.includes("'http://127.0.0.1:3000'"));
  const folder = await portalFolder(t, {
    ...FILES,
    'vite.config.js': config
      .replace('5173', String(port))
      .replace('http://127.0.0.1:3000', service.origin.replace('localhost', '127.0.0.1')),
  });
  symlinkSync(join(root, 'node_modules/vite'), join(folder, 'node_modules/vite'));
  const vite = runProgram(t, folder, program('vite'), []);
  await vite.printed(/ready in/);
  await seesTotal(t, origin);

  // What only begins like a path of the service's is a file of the portal's.
  const own = await fetch(`${origin}/sessions.html`, { headers: { accept: 'text/html' } });
  assert.match(await own.text(), /sales\.js/);
});
