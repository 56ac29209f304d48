import { embed } from './embed.ts';
import { createTokenProvider } from './token-provider.ts';

/**
 * Does what the script's tag says. `data-global="name"`: defines a global function of that name for
 * `data-get-access-token`. `data-embed`, perhaps with an address: also adds Qlik's embed script.
 */
function obey(script: HTMLScriptElement): void {
  const { global, embed: source } = script.dataset;
  const globalName = global || (source !== undefined && 'getAccessToken');
  if (!globalName) return;
  const getAccessToken = createTokenProvider({ url: script.src });
  Object.assign(globalThis, { [globalName]: getAccessToken });
  if (source !== undefined) void embed({ serviceUrl: script.src, globalName, getAccessToken, source });
}

Object.assign(globalThis, { QlikToken: { createTokenProvider, obey } });
const own = document.currentScript as HTMLScriptElement | null;
if (own) obey(own);
