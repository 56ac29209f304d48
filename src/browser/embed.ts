import { callService } from './call-service.ts';
import { TIMEOUT_MS } from './limits.ts';
import { ofDocument } from './of-document.ts';
import { type GetAccessToken, report } from './token-provider.ts';

const QLIK_EMBED = 'https://cdn.jsdelivr.net/npm/@qlik/embed-web-components@1/dist/index.min.js';
const POLICY = 'qlik-token-broker';

/** Not in every browser. */
declare const trustedTypes: {
  createPolicy(
    name: string,
    rules: { createScriptURL(): string },
  ): { createScriptURL(input: string): string };
};

interface QlikConfig {
  readonly host: string;
  readonly clientId: string;
}

/**
 * Adds Qlik's embed script to the page, set up for the tenant of whoever is signed in: from the address that the
 * helper's tag names, or from where Qlik's documentation has it. It asks the global function `globalName` for tokens.
 */
export async function embed(
  tag: HTMLScriptElement,
  globalName: string,
  getAccessToken: GetAccessToken,
  source: string,
): Promise<void> {
  const answer = await callService<QlikConfig>(new URL('qlik-config', tag.src).href, 'clientId', TIMEOUT_MS);
  if (!('code' in answer)) add(tag, source || QLIK_EMBED, { ...answer, getAccessToken: globalName });
  else if (answer.status === 401) await getAccessToken();
  else report(answer);
}

function add(tag: HTMLScriptElement, address: string, settings: Record<string, string>): void {
  const script = ofDocument('createElement').call(document, 'script') as HTMLScriptElement;
  Object.assign(script.dataset, settings);
  script.nonce = tag.nonce;
  try {
    script.src = trusted(address);
    ofDocument('head').append(script);
  } catch {
    report({ title: `Allow ${POLICY} in trusted-types.`, code: 'embed_not_trusted' });
  }
}

/** That address and no other, for a page that takes Trusted Types only; as it is where the policy cannot be made. */
function trusted(address: string): string {
  try {
    return trustedTypes.createPolicy(POLICY, { createScriptURL: () => address }).createScriptURL('');
  } catch {
    return address;
  }
}
