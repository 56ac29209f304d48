import { BrokerError } from '../errors.ts';

/**
 * What an operator needs to know of trouble with the identity provider; of what came with an answer, only issuers, made
 * harmless.
 */
export interface IdentityProviderTrouble {
  /** `OAUTH_…`, `ERR_…`, a code of Node's, or a word of ours. */
  readonly reason: string;
  /** Host and port of what was asked. */
  readonly host?: string;
  /** Host and port of the outbound proxy on the way there. */
  readonly proxy?: string;
  /** Of the answer that cannot be used; of the proxy, when that refused. */
  readonly status?: number;
  /** The claim or metadata that is wrong. */
  readonly claim?: string;
  /** The error that the provider named, if OAuth or OpenID Connect knows it. */
  readonly providerError?: string;
  /** Why the user info failed, and the claims that are needed and were not in the ID token. */
  readonly userInfo?: string;
  readonly missing?: readonly string[];
  /** The issuer that the settings name, and the one that was found. */
  readonly expected?: string;
  readonly found?: string;
}

const MESSAGES = {
  idp_unavailable: 'The identity provider does not answer, or has trouble of its own.',
  idp_bad_response: 'The identity provider’s answer cannot be used. An operator must act: the log says why.',
} as const;

/**
 * The identity provider could not be asked (`idp_unavailable`: another try may help), or its answer cannot be used, its
 * certificate included (`idp_bad_response`: an operator must act). The message is safe to show.
 */
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
