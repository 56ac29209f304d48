import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Loader, type Plugin } from 'esbuild';
import { type CompilerOptions, compileScript, parse } from 'vue/compiler-sfc';

const root = fileURLToPath(new URL('../../', import.meta.url));
const LOADERS: Record<string, Loader> = { '.js': 'js', '.jsx': 'jsx', '.ts': 'ts', '.vue': 'ts' };

/**
 * What a bundler makes of some files, for a browser. Their packages are those of this project, and this project itself;
 * a file named like a package stands in for it.
 */
export async function bundleSnippets(
  entry: string,
  files: Record<string, string>,
  vueOptions: CompilerOptions = {},
): Promise<string> {
  const plugin: Plugin = {
    name: 'snippets',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, namespace }) => {
        // The package that is built here; browser-package.test.ts installs it.
        if (path === 'qlik-token-broker-browser') return { path: join(root, 'dist/browser/index.js') };
        const name = path.replace(/^\.?\//, '');
        return name in files && (namespace === 'snippet' || path === entry)
          ? { path: name, namespace: 'snippet' }
          : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'snippet' }, ({ path }) => {
        const text = files[path] ?? '';
        const contents = path.endsWith('.vue') ? compileVue(path, text, vueOptions) : text;
        return { contents, loader: LOADERS[extname(path)] ?? 'js', resolveDir: root };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    plugins: [plugin],
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

function compileVue(filename: string, text: string, compilerOptions: CompilerOptions): string {
  const { descriptor, errors } = parse(text, { filename, templateParseOptions: compilerOptions });
  if (errors.length > 0) throw errors[0];
  const templateOptions = { compilerOptions };
  return compileScript(descriptor, { id: filename, isProd: true, inlineTemplate: true, templateOptions })
    .content;
}
