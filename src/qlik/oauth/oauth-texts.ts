/** A bearer token as it may stand in a header (RFC 6750 §2.1). */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** Names of scopes, each after a space but the first (RFC 6749 §3.3): none has a quote or a backslash. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]*(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function isBearerToken(value: unknown): value is string {
  return typeof value === 'string' && BEARER_TOKEN.test(value);
}

/** Also of an empty text, for a token that may do nothing. */
export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}
