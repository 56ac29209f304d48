import { IdentityProviderError, type IdentityProviderTrouble } from './identity-provider-error.ts';

/** RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core 1.0 §3.1.2.6. */
const KNOWN_ERRORS = new Set([
  'access_denied',
  'account_selection_required',
  'consent_required',
  'interaction_required',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'login_required',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
]);

const KNOWN_CLAIMS = new Set([
  ...['iss', 'aud', 'azp', 'sub', 'exp', 'iat', 'nbf', 'nonce', 'auth_time'],
  ...['events', 'jti', 'sid', 'typ', 'issuer'],
]);

const MAX_CAUSES = 5;

/**
 * What an error of openid-client's, of jose's or of the connection's says, without anything that came with an answer.
 */
export function providerTrouble(error: unknown): IdentityProviderError {
  const chain = causes(error);
  const ours = chain.find((cause) => cause instanceof IdentityProviderError);
  if (ours) return ours;
  const providerError = chain.map(({ error: word }) => word).find(isKnownError);
  if (isPassing(providerError))
    return new IdentityProviderError('idp_unavailable', { reason: 'provider', providerError });

  const reason = chain
    .map((cause) => (cause instanceof Error ? cause.code : undefined))
    .find((code) => typeof code === 'string' && /^[A-Z][A-Z_]{1,60}$/.test(code));
  const claim = chain
    .map((cause) => cause.claim ?? cause.attribute)
    .find((name) => KNOWN_CLAIMS.has(name as string));
  const details: IdentityProviderTrouble = {
    reason: String(reason ?? 'unknown'),
    ...(claim !== undefined && { claim: String(claim) }),
    ...(providerError !== undefined && { providerError }),
  };
  return new IdentityProviderError('idp_bad_response', details, { cause: error });
}

/** What the `error` says with which a browser came back (RFC 6749 §4.1.2.1). */
export function errorOfBrowser(word: unknown): IdentityProviderError {
  const providerError = isKnownError(word) ? word : undefined;
  return new IdentityProviderError(isPassing(providerError) ? 'idp_unavailable' : 'idp_bad_response', {
    reason: 'provider',
    ...(providerError !== undefined && { providerError }),
  });
}

function isPassing(word: string | undefined): word is string {
  return word === 'server_error' || word === 'temporarily_unavailable';
}

function isKnownError(word: unknown): word is string {
  return typeof word === 'string' && KNOWN_ERRORS.has(word);
}

type Cause = Readonly<Record<string, unknown>>;

function causes(error: unknown): Cause[] {
  const chain: Cause[] = [];
  for (let cause = error; typeof cause === 'object' && cause !== null && chain.length < MAX_CAUSES; ) {
    chain.push(cause as Cause);
    cause = (cause as Cause).cause;
  }
  return chain;
}
