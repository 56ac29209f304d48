import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runBuilt } from './child.ts';

/** What a process had loaded by its end. */
export interface LoadedModules {
  /** Files of this project, below `dist/`, in order. */
  readonly ours: readonly string[];
  /** Names of npm packages, in order, each with how many of its files. */
  readonly packages: ReadonlyMap<string, number>;
}

const dist = new URL('../../dist/', import.meta.url).href;
const trace = new URL('module-trace.mjs', import.meta.url).href;

/**
 * Runs a built file until the service listens, uses it, then ends it with SIGTERM, and tells what it had loaded by then.
 */
export async function loadedModules(
  t: TestContext,
  [file = '', ...args]: readonly string[],
  env: Record<string, string>,
  use: () => Promise<void> = async () => {},
): Promise<LoadedModules> {
  const folder = mkdtempSync(join(tmpdir(), 'modules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const list = join(folder, 'list');
  const child = runBuilt(t, file, args, { ...env, NODE_OPTIONS: `--import=${trace}`, MODULE_TRACE: list });
  await child.printed(/"event":"service.listening"/);
  await use();
  child.process.kill('SIGTERM');
  await child.ended();

  const urls = [...new Set(readFileSync(list, 'utf8').trimEnd().split('\n'))].sort();
  const packages = new Map<string, number>();
  for (const url of urls) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) packages.set(name, (packages.get(name) ?? 0) + 1);
  }
  return { ours: urls.filter((url) => url.startsWith(dist)).map((url) => url.slice(dist.length)), packages };
}
