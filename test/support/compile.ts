import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/wasm-typescript';

const root = new URL('../../', import.meta.url);
const built = new URL('.build/', root);

/**
 * For `npm test`: `src/` and `test/` as JavaScript in `.build/`, since a loader that does this in each process, such as
 * tsx, costs more than most test files do. Types give way to blanks, and each file goes by the name and the place of its
 * source: an error names the source's line and column, and `import.meta.url` leads to the project's files.
 */
function compile(source: URL): string {
  const { code } = transformSync(readFileSync(source, 'utf8'), { mode: 'strip-only', module: true });
  const body = code
    .replace(/^#!.*/, '')
    // Not those within texts of tests, which stand behind another quotation mark or are indented.
    .replace(/^((?:import|export)\b[^'"`;]*'\.[^']+)\.ts'/gm, "$1.js'")
    .replace(/^([^"`\n]*\bimport\('\.[^']+)\.ts'/gm, "$1.js'");
  return `import.meta.url='${source.href}';${body}\n//# sourceURL=${source.href}\n`;
}

rmSync(built, { recursive: true, force: true });
for (const folder of ['src', 'test']) {
  for (const path of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })) {
    if (!/(?<!\.d)\.(ts|json)$/.test(path)) continue;
    const source = new URL(`${folder}/${path}`, root);
    const target = fileURLToPath(new URL(`${folder}/${path.replace(/\.ts$/, '.js')}`, built));
    mkdirSync(dirname(target), { recursive: true });
    if (path.endsWith('.json')) copyFileSync(source, target);
    else writeFileSync(target, compile(source));
  }
}
