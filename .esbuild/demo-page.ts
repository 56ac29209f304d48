// Bundles the demo portal's script, and puts Qlik's embed script beside it: its page loads nothing from elsewhere. Run by
// `npm run build`, after the compiler.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

await build({
  entryPoints: ['src/demo/browser/portal.ts'],
  outfile: 'dist/demo/browser/portal.js',
  bundle: true,
  target: 'es2022',
  format: 'esm',
});
copyFileSync(fileURLToPath(import.meta.resolve('@qlik/embed-web-components')), 'dist/demo/browser/embed.js');
