import { hash } from 'node:crypto';
import { errors } from 'jose';
import type { ClaimsConfig, GatewayPurpose, RequiredClaim } from '../config/portal-config.ts';
import { BrokerError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { createTrustedPeers } from '../lib/trusted-peers.ts';
import { toldByClaims } from './claims.ts';
import { type GatewayAuth, type GatewayEvidence, nobodyAtGateway } from './gateway.ts';
import { verifyGatewayToken } from './gateway-token.ts';
import type { LoginPolicy } from './login-policy.ts';
import { providerTrouble } from './provider-trouble.ts';
import type { PublishedKeys } from './published-keys.ts';
import { singleHeaders } from './single-headers.ts';
import { type ToldUser, toldInShort } from './told-user.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

export interface SignedGatewayAuthDeps {
  /** The header with the JWT, in lower case. */
  readonly header: string;
  readonly issuer: string;
  readonly purpose: GatewayPurpose;
  readonly keys: Pick<PublishedKeys, 'find' | 'generation'>;
  readonly claims: ClaimsConfig;
  /** What `policy` asks of the claims. */
  readonly required: readonly RequiredClaim[];
  readonly policy: LoginPolicy;
  /** Addresses and CIDR ranges from which the gateway calls; when there are none, its signature alone tells. */
  readonly trustedProxies: readonly string[];
  /** Milliseconds since the epoch, by the calendar. */
  readonly now: () => number;
  readonly emit: Emit;
}

/** Base64url (RFC 7515 §2), and the padding that AWS adds. */
const JWT = /^[\w-]+={0,2}\.[\w-]+={0,2}\.[\w-]+={0,2}$/;

/**
 * The sign-in by a gateway that says in a JWT who is signed in there, and proves itself by its signature. `authenticate`
 * also rejects with an `IdentityProviderError` when the gateway's keys are needed and cannot be had.
 *
 * A token is verified once, and remembered by its digest until its `exp` or until other keys are published; of its claims
 * only what is asked for. What is refused is not remembered: nobody but the gateway can fill the memory.
 */
export function createSignedGatewayAuth(deps: SignedGatewayAuthDeps): GatewayAuth {
  const { header, issuer, purpose, keys, claims, required, policy, trustedProxies, now, emit } = deps;
  const names = new Set([header]);
  const isTrusted = trustedProxies.length > 0 ? createTrustedPeers(trustedProxies) : () => true;
  const remembered = createVerifiedTokens({ generation: keys.generation, now });
  const underWay = new Map<string, Promise<ToldUser>>();

  async function toldBy(token: string): Promise<ToldUser> {
    const digest = hash('sha256', token, 'base64url');
    return remembered.find(digest) ?? verifyOnce(digest, token);
  }

  /** However many requests bring it at once. */
  function verifyOnce(digest: string, token: string): Promise<ToldUser> {
    const joined = underWay.get(digest);
    if (joined) return joined;
    const flight = verify(digest, token).finally(() => underWay.delete(digest));
    underWay.set(digest, flight);
    return flight;
  }

  async function verify(digest: string, token: string): Promise<ToldUser> {
    // As it was before: keys that come meanwhile may not be those that verify it.
    const generation = keys.generation();
    const verified = await verifyGatewayToken(token, { keys: keys.find, issuer, purpose, now });
    const { claims: said, expiresAtMs } = verified;
    // As of the service tokens of Cloudflare Access, which are nobody's.
    if (said[claims.names.id] === '') throw nobodyAtGateway();
    const told = toldInShort(toldByClaims(said, claims), required);
    remembered.remember(digest, { told, untilMs: expiresAtMs, generation });
    return told;
  }

  async function proven({ peer, rawHeaders }: GatewayEvidence): Promise<ToldUser> {
    const refused = (why: string) => {
      emit({ type: 'gateway.bypassed', why, peer });
      return nobodyAtGateway();
    };
    if (!isTrusted(peer)) throw refused('its address is not in TRUSTED_PROXIES');
    const found = singleHeaders(rawHeaders, names);
    const token = found.get(header);
    if (token === '' || !found.has(header)) throw nobodyAtGateway();
    if (token === undefined) throw refused('its JWT is there twice, or beside a look-alike');
    if (!JWT.test(token)) throw refused(MALFORMED);
    try {
      return await toldBy(token);
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid))
        throw refused(reason(error));
      throw error instanceof BrokerError ? error : providerTrouble(error);
    }
  }

  return {
    authenticate: async (evidence) => policy.admit(await proven(evidence)),
    again: async (evidence) => policy.admitAgain(await proven(evidence)),
  };
}

const MALFORMED = 'its JWT is not well-formed';
const EXPECTED: Readonly<Record<string, string>> = {
  iss: 'the iss of its JWT is not PROXY_JWT_ISSUER',
  aud: 'the aud of its JWT is not PROXY_JWT_AUDIENCE',
  signer: 'the signer of its JWT is not PROXY_JWT_AUDIENCE',
  client: 'the client of its JWT is not PROXY_JWT_CLIENT',
};
const CHECKED = ['exp', 'iat', 'nbf', 'typ'];

/** For whoever operates the gateway. Repeats nothing of what was sent. */
function reason(error: errors.JOSEError): string {
  const { claim } = error as { claim?: string };
  if (error instanceof errors.JWTExpired) return 'its JWT is over (exp)';
  if (claim !== undefined && Object.hasOwn(EXPECTED, claim)) return EXPECTED[claim] as string;
  if (claim !== undefined && CHECKED.includes(claim))
    return `the ${claim} of its JWT is missing or not as it must be`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the alg of its JWT is none of the asymmetric ones';
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'no key of the gateway fits the alg and kid of its JWT';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of its JWT is wrong';
  return MALFORMED;
}
