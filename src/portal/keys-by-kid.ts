import { errors, type JSONWebKeySet } from 'jose';
import { publicKeys } from '../config/kinds/public-keys.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { createSingleFlight } from '../lib/single-flight.ts';
import { IdentityProviderError } from './identity-provider-error.ts';
import { COOLDOWN_MS, createKeySet, type KeySet } from './key-set.ts';
import { createKeysState } from './keys-state.ts';
import { createProviderHttp } from './provider-http.ts';
import type { PublishedKeys, PublishedKeysOptions } from './published-keys.ts';

/** More than a signer has at once. */
const MAX_KEYS = 16;
/** What may go into a URL: a UUID, or what is as harmless. */
const KID = /^[\w-]{1,64}$/;

/**
 * Keys that a signer publishes one by one, in PEM, each where the URL says with its `kid` in the place of `{kid}`, as an
 * Application Load Balancer of AWS does. They are asked for when a token names one, one at a time; once a signer did not
 * know one, or did not answer, it is asked for no other unknown one for `COOLDOWN_MS`, and of those in between nobody can
 * say whether they are the signer's. A known key is asked for again when it is old, and stays while the signer is away.
 */
export function createKeysByKid(options: PublishedKeysOptions): PublishedKeys {
  const { outbound, url, clock, timeoutMs, emit } = options;
  const http = createProviderHttp({ outbound, timeoutMs });
  const state = createKeysState({ url, emit, healthy: true });
  const known = new BoundedMap<string, KeySet>(MAX_KEYS);
  const lookUp = createSingleFlight<void>();
  /** The one that was told last. */
  let newest: string | undefined;
  let miss: { readonly kid: string; readonly at: number; readonly trouble: unknown } | undefined;
  let generation = 0;

  /** Without any key when the signer has none of this name. */
  async function fetchKey(kid: string): Promise<JSONWebKeySet> {
    const address = url.replace('{kid}', kid);
    const response = await http.fetch(address, { method: 'GET', headers: {} });
    // Where AWS keeps them, what is not there is forbidden. When that is said of the newest, it may hold for all.
    const isMissing = [404, 410].includes(response.status) || (response.status === 403 && kid !== newest);
    if (isMissing) return { keys: [] };
    const keys = response.status === 200 ? readPem(await response.text()) : [];
    if (keys.length === 0)
      throw new IdentityProviderError('idp_bad_response', {
        ...{ reason: 'no_keys', claim: 'kid' },
        ...{ host: new URL(address).host, status: response.status },
      });
    newest = kid;
    return { keys: keys.map((key) => ({ ...key, kid })) };
  }

  async function lookFor(kid: string): Promise<void> {
    try {
      let first: JSONWebKeySet | undefined = await state.note(() => fetchKey(kid));
      if (first.keys.length === 0) throw new errors.JWKSNoMatchingKey();
      const keys = createKeySet({
        now: clock.now,
        async fetchKeys() {
          const told = first ?? (await state.note(() => fetchKey(kid)));
          first = undefined;
          return told;
        },
        changed() {
          generation += 1;
        },
      });
      await keys.refresh();
      known.set(kid, keys);
    } catch (trouble) {
      miss = { kid, at: clock.now(), trouble };
    }
  }

  async function keysOf(kid: string): Promise<KeySet> {
    while (lookUp.underWay && !known.has(kid)) await lookUp.underWay;
    const sinceMiss = miss ? clock.now() - miss.at : COOLDOWN_MS;
    if (!known.has(kid) && sinceMiss >= COOLDOWN_MS) await lookUp.join(() => lookFor(kid));
    const keys = known.get(kid);
    if (keys) return keys;
    if (miss?.kid === kid || miss?.trouble instanceof IdentityProviderError) throw miss.trouble;
    throw new IdentityProviderError(
      'idp_unavailable',
      { reason: 'cooldown', claim: 'kid' },
      { retryAfterMs: COOLDOWN_MS - sinceMiss },
    );
  }

  return {
    async find(header, token) {
      const { kid } = header;
      if (typeof kid !== 'string' || !KID.test(kid)) throw new errors.JWKSNoMatchingKey();
      return (await keysOf(kid)).find(header, token);
    },
    generation() {
      for (const keys of known.values()) keys.keepFresh();
      return generation;
    },
    get healthy() {
      return state.healthy;
    },
    close: http.close,
  };
}

function readPem(text: string): { kty: string }[] {
  try {
    return publicKeys.parse(text).map((key) => key.export({ format: 'jwk' }) as { kty: string });
  } catch {
    return [];
  }
}
