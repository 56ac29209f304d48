import { BrokerError } from '../errors.ts';

/** What an operator needs to know of trouble with the identity provider; holds nothing that came with an answer. */
export interface IdentityProviderTrouble {
  /** `OAUTH_…`, `ERR_…`, a code of Node's, or a word of ours. */
  readonly reason: string;
  /** The claim or metadata that is wrong. */
  readonly claim?: string;
  /** The error that the provider named, if OAuth or OpenID Connect knows it. */
  readonly providerError?: string;
}

const MESSAGES = {
  idp_unavailable: 'The identity provider does not answer.',
  idp_bad_response: 'The identity provider’s answer cannot be used.',
} as const;

/** The identity provider could not be asked, or its answer cannot be used. The message is safe to show. */
export class IdentityProviderError extends BrokerError<keyof typeof MESSAGES> {
  declare readonly details: IdentityProviderTrouble;

  constructor(
    code: keyof typeof MESSAGES,
    details: IdentityProviderTrouble,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(code, MESSAGES[code], { ...options, details });
  }
}
