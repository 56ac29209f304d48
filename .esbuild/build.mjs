// `npm run build`: makes dist/ out of the sources. With --when-changed, as before `npm run demo`, only when dist/ was made
// out of others than these. Plain JavaScript, so that this also works where the development packages are gone.
import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @type {[what: string, ...commands: string[]][]} */
const STEPS = [
  ['the service', 'tsc -p .'],
  [
    'the browser helper',
    'tsc -p src/browser',
    'node --import tsx .esbuild/browser-helper.ts',
    'node --import tsx .esbuild/browser-package.ts',
  ],
  ['the demo portal', 'tsc -p src/demo/browser', 'node --import tsx .esbuild/demo-page.ts'],
  ['the sandbox’s charts', 'tsc -p src/sandbox/embed', 'node --import tsx .esbuild/embed-runtime.ts'],
];

/** What dist/ was made out of; it is the last file to be written. */
const BUILT_FROM = 'dist/built-from';

process.chdir(fileURLToPath(new URL('../', import.meta.url)));
/** With the packages' programs, also where npm has not put them there. */
const PATH = [resolve('node_modules/.bin'), process.env.PATH].join(delimiter);
const sources = digestOfSources();
if (!process.argv.includes('--when-changed')) build('Building:');
else if (builtFrom() !== sources) build('Building, which is done again only when the sources change:');

/** @param {string} headline */
function build(headline) {
  if (!existsSync('node_modules/tsx')) stop('Building takes the development packages. Install them: npm ci');
  rmSync('dist', { recursive: true, force: true });
  say(headline);
  for (const [what, ...commands] of STEPS) {
    say(`  ${what} …`);
    for (const command of commands) run(command);
  }
  writeFileSync(BUILT_FROM, sources);
}

/** @param {string} command */
function run(command) {
  try {
    execSync(command, { stdio: 'inherit', env: { ...process.env, PATH } });
  } catch {
    stop(`This has failed: ${command}`);
  }
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const path of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    ...files('.esbuild'),
    ...files('src'),
  ])
    hash.update(`${path}\0`).update(createHash('sha256').update(readFileSync(path)).digest());
  return hash.digest('hex');
}

/** @param {string} folder */
function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function builtFrom() {
  return existsSync(BUILT_FROM) ? readFileSync(BUILT_FROM, 'utf8') : undefined;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {string} reason */
function stop(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
