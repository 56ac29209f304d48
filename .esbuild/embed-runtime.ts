import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const chunks = join(dirname(fileURLToPath(import.meta.resolve('@qlik/api'))), 'chunks');

/**
 * The chunks that `@qlik/api` loads on a server are the modules that it has the tenant serve to a browser. Their
 * names carry a hash; the one that imports all of them says which they are.
 */
function runtimeModules(): Map<string, string> {
  const listing = readdirSync(chunks).find((name) => /^public-runtime-modules-.*\.js$/.test(name));
  if (listing === undefined) throw new Error(`${chunks} holds no public-runtime-modules chunk`);
  const source = readFileSync(join(chunks, listing), 'utf8');
  const found = ['auth', 'invoke-fetch', 'qix'].map((name): [string, string] => {
    const file = new RegExp(`import\\("\\./(${name}-[^"]+\\.js)"\\)`).exec(source)?.[1];
    if (file === undefined) throw new Error(`${listing} imports no ${name} chunk`);
    return [`virtual:qlik-api/${name}`, join(chunks, file)];
  });
  return new Map(found);
}

function qlikApi(): Plugin {
  const modules = runtimeModules();
  return {
    name: 'qlik-api',
    setup(bundle) {
      bundle.onResolve({ filter: /^virtual:qlik-api\// }, ({ path }) => {
        const file = modules.get(path);
        return file === undefined ? { errors: [{ text: `no such module: ${path}` }] } : { path: file };
      });
    },
  };
}

await build({
  entryPoints: [join(root, 'src/sandbox/embed/main.ts')],
  outfile: join(root, 'dist/sandbox/embed/main.js'),
  tsconfig: join(root, 'src/sandbox/embed/tsconfig.json'),
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  banner: { js: '/*! Holds parts of @qlik/api (ISC), enigma.js, extend and lodash-es (MIT). */' },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [qlikApi()],
  logLevel: 'warning',
});
