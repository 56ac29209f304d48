// Bundles what browsers load as one file. Run by `npm run build`, after the compiler.
import { build } from 'esbuild';

// The same file can be the `src` of a script tag and be imported. In a plain script `await` is a name, so that `/1` divides
// it and `/*` begins a comment; in a module it is a keyword, so that `/1/` is a regular expression and `*` multiplies it.
// Either way nothing is awaited. (V8 takes no `<!--` in a module, where it is not the comment that it is in a script.)
const AS_MODULE = [
  '0&&await/1/*0',
  'addEventListener.call(document,"load",({target:e})=>e.type=="module"&&e.src==import.meta.url&&QlikToken.obey(e),!0)',
  'export const createTokenProvider=e=>QlikToken.createTokenProvider({url:import.meta.url,...e})',
  '0*/-1/+1',
].join(';');

await build({
  entryPoints: ['src/browser/qlik-token.ts'],
  outfile: 'dist/browser/qlik-token.js',
  allowOverwrite: true,
  bundle: true,
  minify: true,
  target: 'es2022',
  format: 'iife',
  // Modules are strict anyway; in a plain script the words would only cost their bytes.
  tsconfigRaw: { compilerOptions: { strict: false } },
  footer: { js: `${AS_MODULE};` },
});
