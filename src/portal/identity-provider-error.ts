/** What an operator needs to know of trouble with the identity provider; holds nothing that came with an answer. */
export interface IdentityProviderTrouble {
  /** `OAUTH_…`, `ERR_…`, a code of Node's, or a word of ours. */
  readonly reason: string;
  /** The claim or metadata that is wrong. */
  readonly claim?: string;
  /** The error that the provider named, if OAuth or OpenID Connect knows it. */
  readonly providerError?: string;
}

/** The identity provider could not be asked, or its answer cannot be used. The message is safe to show. */
export class IdentityProviderError extends Error {
  readonly code: 'idp_unavailable' | 'idp_bad_response';
  readonly details: IdentityProviderTrouble;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: IdentityProviderError['code'],
    details: IdentityProviderTrouble,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(
      code === 'idp_unavailable'
        ? 'The identity provider does not answer.'
        : 'The identity provider’s answer cannot be used.',
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'IdentityProviderError';
    this.code = code;
    this.details = details;
    this.retryAfterMs = options.retryAfterMs;
  }
}
