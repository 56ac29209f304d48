import { readFileSync } from 'node:fs';

/** The version of this program, as its package says. */
export function ownVersion(): string {
  // The same path from `src` and from `dist`.
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return JSON.parse(manifest).version;
}
