import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', '.env.example'],
  ...['.esbuild', 'src', 'docs', 'LICENSE'],
];

/**
 * A folder like a fresh clone after `npm ci`: sources and installed packages, nothing built, no `.env`. For as long as the
 * test runs. Its packages share their files with this project's, so that they may be removed and not changed.
 */
export function freshCheckout(t: Pick<TestContext, 'after'>): string {
  const folder = emptyFolder(t);
  for (const path of SOURCES) cpSync(join(root, path), join(folder, path), { recursive: true });
  const packages = join(root, 'node_modules');
  // Links need both on one file system.
  if (spawnSync('cp', ['-al', packages, folder]).status !== 0)
    cpSync(packages, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  return folder;
}

/** A folder with what this project has built and installed, and no `.env`: to be read, and started in. */
export function builtCheckout(t: Pick<TestContext, 'after'>): string {
  const folder = emptyFolder(t);
  for (const path of [...SOURCES, 'dist']) cpSync(join(root, path), join(folder, path), { recursive: true });
  spawnSync('ln', ['-s', join(root, 'node_modules'), folder]);
  return folder;
}

function emptyFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
