// Bundles what browsers load as one file. Run by `npm run build`, after the compiler.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// For a plain script, `<!--` begins a comment (ECMAScript, annex B.1.1); for a module it is three operators. So the same
// file can be the `src` of a script tag and be imported.
const AS_MODULE = [
  '0<!--{}.x',
  'const own=[...document.scripts].find(({src})=>src===import.meta.url);own&&QlikToken.obey(own)',
  'export const createTokenProvider=options=>QlikToken.createTokenProvider({url:import.meta.url,...options})',
].join(';');

await build({
  entryPoints: ['src/browser/qlik-token.ts'],
  outfile: 'dist/browser/qlik-token.js',
  allowOverwrite: true,
  bundle: true,
  minify: true,
  target: 'es2022',
  format: 'iife',
  footer: { js: `${AS_MODULE};` },
});

// The demo portal's page loads nothing from elsewhere.
copyFileSync(fileURLToPath(import.meta.resolve('@qlik/embed-web-components')), 'dist/browser/demo-embed.js');
