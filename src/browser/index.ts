/** What the package `qlik-token-broker-browser` exports. */
export type { GetAccessToken, Problem, TokenProviderOptions } from './token-provider.ts';
export { createTokenProvider } from './token-provider.ts';
