import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NOT_COPIED = new Set(['node_modules', 'dist', '.build', 'coverage', '.git']);

/** What lies about in the folders of those who build, and belongs into no image. */
const LITTER = [
  '.env',
  '.git/config',
  '.npmrc',
  'dist/stale.js',
  'docker/broker.env',
  'docker/secrets/session_secret',
  'key.pem',
  'node_modules/stale/index.js',
  'npm-debug.log',
  'src/key.pem',
  'test/fixture.json',
];

/** Copies this project to a folder and litters it with files that all contain this word. */
export function litteredContext(folder: string, word: string): void {
  cpSync(root, folder, {
    recursive: true,
    filter: (source) => !NOT_COPIED.has(relative(root, source).split('/', 1)[0] as string),
  });
  for (const file of LITTER) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), `${word}\n`);
  }
}
