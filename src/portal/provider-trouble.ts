import { IdentityProviderError, type IdentityProviderTrouble } from './identity-provider-error.ts';

/**
 * RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core 1.0 §3.1.2.6, RFC 8707 §2, OpenID Connect Unmet Authentication
 * Requirements 1.0, and a word of Google's.
 */
const KNOWN_ERRORS = new Set([
  'access_denied',
  'account_selection_required',
  'consent_required',
  'interaction_required',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'redirect_uri_mismatch',
  'request_not_supported',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unmet_authentication_requirements',
  'unsupported_grant_type',
  'unsupported_response_type',
]);

const KNOWN_CLAIMS = new Set([
  ...['iss', 'aud', 'azp', 'sub', 'exp', 'iat', 'nbf', 'nonce', 'auth_time'],
  ...['events', 'jti', 'sid', 'typ', 'issuer'],
]);

const MAX_CAUSES = 5;
const MAX_ISSUER = 200;

/** What there is to know of a call besides what its error says. */
export interface ProviderCall {
  /** Host and port of what was asked. */
  readonly host?: string;
  /** The issuer that a token should have. */
  readonly issuer?: string;
}

/**
 * What an error of openid-client's, of jose's or of the connection's says. Of what came with an answer, nothing but a
 * wrong issuer.
 */
export function providerTrouble(error: unknown, { host, issuer }: ProviderCall = {}): IdentityProviderError {
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
  const status = chain.map(({ status }) => status).find((status) => Number.isInteger(status));
  const details: IdentityProviderTrouble = {
    reason: String(reason ?? 'unknown'),
    ...(host !== undefined && { host }),
    ...(status !== undefined && { status: Number(status) }),
    ...(claim !== undefined && { claim: String(claim) }),
    ...(providerError !== undefined && { providerError }),
    ...(claim === 'iss' && issuer !== undefined && wrongIssuer(chain, issuer)),
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

/** openid-client and jose keep the claims of a token that they refuse. */
function wrongIssuer(chain: readonly Cause[], issuer: string): { expected: string; found: string } {
  const claims = chain.map((cause) => cause.claims ?? cause.payload).find((value) => value !== undefined);
  return { expected: shownIssuer(issuer), found: shownIssuer((claims as Cause | undefined)?.iss) };
}

/** An issuer as a log may show it: no more than what an address is made of, and not much of it. */
export function shownIssuer(value: unknown): string {
  if (value === undefined) return '(none)';
  if (typeof value !== 'string') return '(no text)';
  const shown = value.slice(0, MAX_ISSUER).replace(/[^\w.~:/{}%-]/g, '?');
  return value.length > MAX_ISSUER ? `${shown}...` : shown;
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
