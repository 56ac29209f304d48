import { BrokerError, type BrokerErrorOptions } from '../errors.ts';

/**
 * Why a user gets no token; all but the last are codes of the contract.
 * `token_superseded`: the token was revoked while it was being fetched. Look at the session again, then ask again.
 */
export type TokenErrorCode =
  | 'tenant_refused_client'
  | 'tenant_bad_response'
  | 'tenant_throttled'
  | 'tenant_unavailable'
  | 'user_not_mapped'
  | 'user_disabled'
  | 'user_denied'
  | 'rate_limited'
  | 'tenant_unknown'
  | 'token_superseded';

/** A token could not be had. The message is safe to show. */
export class TokenError extends BrokerError<TokenErrorCode> {
  /** Another try soon would only bring the same. */
  readonly permanent: boolean;

  constructor(
    code: TokenErrorCode,
    message: string,
    { permanent = false, ...options }: BrokerErrorOptions & { permanent?: boolean } = {},
  ) {
    super(code, message, options);
    this.permanent = permanent;
  }
}

/** The owner has another generation by now. */
export function superseded(): TokenError {
  return new TokenError('token_superseded', 'The token was revoked while it was being fetched.');
}

/** The minted token is of a Qlik user who is never impersonated. */
export function denied(): TokenError {
  return new TokenError('user_denied', 'This user may not be impersonated.', { permanent: true });
}

/** The tenant issued a token of somebody else, or one that may do more. */
export function notAskedFor(what: string): TokenError {
  const message = `Qlik Cloud issued a token for ${what}.`;
  return new TokenError('tenant_bad_response', message, { permanent: true });
}

/** Tokens were minted for this user too often. */
export function tooManyMints(retryAfterMs: number): TokenError {
  return new TokenError('rate_limited', 'This user needs new tokens too often.', { retryAfterMs });
}

/** A fresh token has less left than is ever handed out. */
export function tooShort(): TokenError {
  const message = 'The tokens of Qlik Cloud live too short to be handed out.';
  return new TokenError('tenant_bad_response', message, { permanent: true });
}
