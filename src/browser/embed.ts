import { callService } from './call-service.ts';
import type { Refusal } from './problem.ts';
import { type GetAccessToken, report } from './token-provider.ts';

const QLIK_EMBED = 'https://cdn.jsdelivr.net/npm/@qlik/embed-web-components@1/dist/index.min.js';
const TIMEOUT_MS = 30_000;

interface QlikConfig {
  readonly host: string;
  readonly clientId: string;
}

export interface EmbedOptions {
  readonly serviceUrl: string;
  /** Name of the global function that Qlik's script asks for tokens. */
  readonly globalName: string;
  readonly getAccessToken: GetAccessToken;
  /** Address of Qlik's script; default: where Qlik's documentation has it. */
  readonly source: string;
}

/** Adds Qlik's embed script to the page, set up for the tenant of whoever is signed in. */
export async function embed({ serviceUrl, globalName, getAccessToken, source }: EmbedOptions): Promise<void> {
  try {
    const { host, clientId } = await callService<QlikConfig>(
      new URL('qlik-config', serviceUrl).href,
      'clientId',
      TIMEOUT_MS,
    );
    const script = document.createElement('script');
    script.src = source || QLIK_EMBED;
    Object.assign(script.dataset, { host, clientId, authType: 'Oauth2', getAccessToken: globalName });
    document.head.append(script);
  } catch (error) {
    const { problem } = error as Refusal;
    if (problem.status === 401)
      await getAccessToken(); // which leads to the sign-in
    else report(problem);
  }
}
