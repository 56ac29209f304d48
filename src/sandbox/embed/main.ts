import * as auth from 'virtual:qlik-api/auth';
import * as invokeFetch from 'virtual:qlik-api/invoke-fetch';
import * as qix from 'virtual:qlik-api/qix';
import { mountVanillaEmbedComponent } from './embed-vanilla.ts';

/** What `<qlik-embed>` and `@qlik/api` find in the page once they loaded `/qlik-embed/main.js`. */
interface QlikMain {
  import(name: string): Promise<unknown>;
  /** Where the runtime came from. */
  getRootUrl(): string;
  /** Whether a resource of the tenant is asked for with cookies; with tokens, none is. */
  resourceNeedsCredentials(url: string): boolean;
  /** Where `@qlik/api` leaves what its own tests use. */
  INTERNAL__DO_NOT_USE: Record<string, unknown>;
}

const MODULES: Record<string, unknown> = {
  'auth@v1': auth,
  'invoke-fetch@v1': invokeFetch,
  'qix@v1': qix,
  'embed-vanilla@v1': { mountVanillaEmbedComponent },
};

const source = (document.currentScript as HTMLScriptElement | null)?.src ?? location.href;

const main: QlikMain = {
  async import(name) {
    if (!Object.hasOwn(MODULES, name)) throw new Error(`the sandbox has no runtime module "${name}"`);
    return MODULES[name];
  },
  getRootUrl: () => new URL('.', source).href,
  resourceNeedsCredentials: () => false,
  INTERNAL__DO_NOT_USE: {},
};

Object.assign(window, { QlikMain: main });
