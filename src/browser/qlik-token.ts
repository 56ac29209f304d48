import { embed } from './embed.ts';
import { ofDocument } from './of-document.ts';
import { createTokenProvider } from './token-provider.ts';

/**
 * Does what the script's tag says. `data-global="name"`: defines a global function of that name for
 * `data-get-access-token`. `data-embed`, perhaps with an address: also adds Qlik's embed script.
 */
function obey(tag: unknown): void {
  if (!(tag instanceof HTMLScriptElement)) return;
  const { global, embed: source } = tag.dataset;
  if (!global && source === undefined) return;
  const globalName = global || 'getAccessToken';
  const getAccessToken = createTokenProvider({ url: tag.src });
  Object.assign(window, { [globalName]: getAccessToken });
  if (source !== undefined) void embed(tag, globalName, getAccessToken, source);
}

Object.assign(window, { QlikToken: { createTokenProvider, obey } });
obey(ofDocument('currentScript'));
