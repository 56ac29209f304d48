import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

const refused = [
  ['src/token/a.ts', '../qlik/qlik-http.ts'],
  ['src/token/b.ts', '../service/service.ts'],
  ['src/qlik/c.ts', '../http/server.ts'],
  ['src/http/routes/d.ts', '../../qlik/qlik-http.ts'],
  ['src/http/e.ts', '../store/memory.ts'],
  ['src/session/f.ts', '../token/token-service.ts'],
  ['src/portal/g.ts', '../sandbox/sandbox.ts'],
  ['src/config/h.ts', '../token/token.ts'],
  ['src/store/i.ts', '../config/kinds.ts'],
  ['src/sandbox/j.ts', '../config/secret.ts'],
  ['src/sandbox/routes/k.ts', '../../http/problem.ts'],
  ['src/sandbox/routes/q.ts', '../embed/chart.ts'],
  ['src/sandbox/embed/r.ts', '../engine/app.ts'],
  ['src/sandbox/embed/s.ts', '../../token/token.ts'],
  ['src/browser/l.ts', '../token/token.ts'],
  ['src/service/service.ts', '../sandbox/sandbox.ts'],
] as const;

const allowed = [
  ['src/token/m.ts', '../clock.ts'],
  ['src/qlik/n.ts', '../token/token-issuer.ts'],
  ['src/session/o.ts', '../store/record-store.ts'],
  ['src/portal/p.ts', '../sandbox/seed.json'],
  ['src/sandbox/embed/t.ts', './svg.ts'],
  ['src/sandbox/routes/u.ts', '../engine/app.ts'],
  ['src/main.ts', './http/server.ts'],
] as const;

test('the linter refuses each planted import that goes against the layers, and no other', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(root, '.biome.json'), join(folder, '.biome.json'));
  for (const [file, imported] of [...refused, ...allowed]) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), `import { thing } from '${imported}';\n\nexport const used = thing;\n`);
  }

  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--max-diagnostics=none', '--only=style/noRestrictedImports', folder];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

  const found = [...(stdout + stderr).matchAll(/(src\/\S+\.ts):\d+:\d+ lint\/style\/noRestrictedImports/g)];
  assert.deepEqual(
    found.map(([, file]) => file).sort(),
    refused.map(([file]) => file).sort(),
    stdout + stderr,
  );
});
