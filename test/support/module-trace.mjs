// Preloaded into a process with `--import`: writes the address of each module that is loaded to the file that
// MODULE_TRACE names. What CommonJS modules require passes no hook, so Node's own list of them is added at the end.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** @param {string[]} urls */
function write(urls) {
  appendFileSync(process.env.MODULE_TRACE ?? '', urls.map((url) => `${url}\n`).join(''));
}

// The same file is what Node runs in the thread of the hooks.
if (isMainThread) {
  register(import.meta.url);
  const required = createRequire(import.meta.url).cache;
  process.once('exit', () => write(Object.keys(required).map((path) => pathToFileURL(path).href)));
}

/** @type {import('node:module').LoadHook} */
export function load(url, context, nextLoad) {
  write([url]);
  return nextLoad(url, context);
}
