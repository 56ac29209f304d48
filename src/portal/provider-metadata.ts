import type { ServerMetadata } from 'openid-client';
import { isLoopback } from '../config/loopback.ts';
import { IdentityProviderError } from './identity-provider-error.ts';
import { shownIssuer } from './provider-trouble.ts';

/** Endpoints without which nobody can sign in. */
const NEEDED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
/** Endpoints that are used where they exist. */
const OPTIONAL = ['end_session_endpoint', 'userinfo_endpoint'] as const;

/**
 * The provider's metadata (OpenID Connect Discovery 1.0 §3) as far as it can be used: it is the issuer's, compared
 * exactly (§4.3), its endpoints can be reached safely, and it is not known to lack PKCE with S256. `plainHttp`: endpoints
 * on this machine need no TLS, but for the page of an https issuer that browsers go to. Throws an `IdentityProviderError`.
 */
export function checkMetadata(
  metadata: ServerMetadata,
  issuer: string,
  { plainHttp }: { plainHttp: boolean },
): ServerMetadata {
  const isSafe = (url: unknown): boolean =>
    typeof url === 'string' &&
    URL.canParse(url) &&
    (new URL(url).protocol === 'https:' || (plainHttp && isHere(new URL(url))));

  // Not left to openid-client, which lets some issuers of Microsoft's pass that sign in everybody.
  if (metadata.issuer !== issuer)
    throw unusable('issuer', { expected: shownIssuer(issuer), found: shownIssuer(metadata.issuer) });
  for (const name of NEEDED) if (!isSafe(metadata[name])) throw unusable(name);
  // Browsers go there, from wherever they are.
  if (issuer.startsWith('https:') && !metadata.authorization_endpoint?.startsWith('https:'))
    throw unusable('authorization_endpoint');
  const { code_challenge_methods_supported: methods } = metadata;
  if (Array.isArray(methods) && !methods.includes('S256')) throw unusable('code_challenge_methods_supported');

  const checked: Record<string, unknown> = { ...metadata };
  for (const name of OPTIONAL) if (!isSafe(metadata[name])) delete checked[name];
  return checked as ServerMetadata;
}

function isHere({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && isLoopback(hostname);
}

function unusable(name: string, issuers: { expected?: string; found?: string } = {}): IdentityProviderError {
  return new IdentityProviderError('idp_bad_response', { reason: 'metadata', claim: name, ...issuers });
}
