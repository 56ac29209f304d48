import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleSnippets } from '../support/bundle-snippets.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
  /package\.json$/,
  'bin/tsc',
);

const RIGHT = `
import { createTokenProvider } from 'qlik-token-broker/browser';
import type { GetAccessToken, Problem, TokenProviderOptions } from 'qlik-token-broker/browser';
const options: TokenProviderOptions = {
  url: '/analytics/',
  timeout: 10_000,
  onSignInRequired: (loginUrl) => location.assign(loginUrl),
  onUserChanged: async () => location.reload(),
  onError: ({ code, requestId }: Problem) => console.error(code.toUpperCase(), requestId?.length),
};
export const getAccessToken: GetAccessToken = createTokenProvider(options);
export const length: Promise<number> = createTokenProvider()().then((token) => token.length);
`;

/** What the compiler says of a module in a project that has this package installed. */
function compile(t: TestContext, module: string, settings: Record<string, unknown>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'front-end-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/qlik-token-broker'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'main.ts'), module);
  const compilerOptions = { strict: true, noEmit: true, target: 'es2022', types: [], ...settings };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder], (error, stdout) => resolve(error ? stdout : ''));
  });
}

for (const settings of [
  { module: 'es2022', moduleResolution: 'bundler' },
  { module: 'nodenext', moduleResolution: 'nodenext', exactOptionalPropertyTypes: true },
]) {
  test(`with ${settings.moduleResolution} resolution the package’s export has its types`, async (t) => {
    assert.equal(await compile(t, RIGHT, settings), '');
    const wrong = RIGHT.replace("'/analytics/'", '5').replace('Promise<number>', 'Promise<string>');
    const said = await compile(t, wrong, settings);
    assert.match(said, /main\.ts\(5,.*TS2322/);
    assert.match(said, /main\.ts\(12,.*TS2322/);
  });
}

test('a bundler finds the package’s export, and nothing but what runs in a browser behind it', async () => {
  const script = await bundleSnippets('main.ts', { 'main.ts': RIGHT });
  assert.match(script, /qlik-token:sign-in/);
  assert.doesNotMatch(script, /\b(require|process)\b|from ?["']/);
});

test('nothing else of the package can be imported', async () => {
  const inside = ['qlik-token-broker', 'qlik-token-broker/dist/service/service.js'];
  for (const path of inside) await assert.rejects(import(path), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
});
