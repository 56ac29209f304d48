// Makes dist/browser a package of its own, for `npm pack ./dist/browser`. Run by `npm run build`, after the compiler and the
// bundle of the script.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version, license, name } = JSON.parse(readFileSync('package.json', 'utf8'));

const manifest = {
  name: `${name}-browser`,
  version,
  description:
    'Gets the signed-in user’s Qlik Cloud token from qlik-token-broker, for Qlik’s libraries in a page',
  license,
  type: 'module',
  exports: {
    '.': { types: './index.d.ts', default: './index.js' },
    './qlik-token.js': './qlik-token.js',
    './package.json': './package.json',
  },
  // The script does what its tag says, and must not be left out; the module does nothing until it is called.
  sideEffects: ['./qlik-token.js'],
  files: ['index.js', 'index.d.ts', 'qlik-token.js', 'token-provider.d.ts', 'problem.d.ts'],
};

const README = `# ${manifest.name}

For pages that embed Qlik Cloud analytics, with qlik-token-broker behind them. No dependencies.

    import { createTokenProvider } from '${manifest.name}';

    const getAccessToken = createTokenProvider();

It is what \`@qlik/api\`, \`@qlik/embed-react\` and \`<qlik-embed>\` ask for tokens. The types document its options.
\`qlik-token.js\` is the same for a script tag, as the service has it at \`/qlik-token.js\`.
`;

await build({
  entryPoints: ['src/browser/index.ts'],
  outfile: 'dist/browser/index.js',
  allowOverwrite: true,
  bundle: true,
  minify: true,
  target: 'es2022',
  format: 'esm',
});
writeFileSync('dist/browser/package.json', `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync('dist/browser/README.md', README);
copyFileSync('LICENSE', 'dist/browser/LICENSE');
