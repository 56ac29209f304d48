import type { JSONWebKeySet } from 'jose';
import { IdentityProviderError } from './identity-provider-error.ts';
import type { ProviderHttp } from './provider-http.ts';

/** Gets a JWK Set (RFC 7517 §5). Rejects with an `IdentityProviderError`. */
export async function fetchKeys(http: ProviderHttp, url: string): Promise<JSONWebKeySet> {
  const response = await http.fetch(url, { method: 'GET', headers: { accept: 'application/json' } });
  const answer: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  if (!isKeySet(answer))
    throw new IdentityProviderError('idp_bad_response', {
      ...{ reason: 'no_keys', claim: 'jwks_uri' },
      ...{ host: new URL(url).host, status: response.status },
    });
  return answer;
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys = (value as Partial<JSONWebKeySet> | null | undefined)?.keys;
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
}
