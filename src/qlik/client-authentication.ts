import { type KeyObject, randomUUID } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** The members of a token request's body that show who the client is (RFC 6749 §2.3). Holds secrets. */
export type ClientCredentials = Readonly<Record<string, string>>;

/** Proves to the tenant who the client is. */
export interface ClientAuthentication {
  /** Made anew for each attempt. */
  credentials(): Promise<ClientCredentials>;
  /** The tenant takes them only when their dates are right by its own clock. */
  readonly dated: boolean;
}

/** `client_secret_post`: the secret in the body, as Qlik's documents show it. */
export function withClientSecret(clientId: string, clientSecret: Secret): ClientAuthentication {
  return {
    credentials: async () => ({ client_id: clientId, client_secret: clientSecret.reveal() }),
    dated: false,
  };
}

export interface PrivateKeyOptions {
  readonly clientId: string;
  /** RSA (signs RS256) or EC P-384 (signs ES384). */
  readonly key: KeyObject;
  /** The `kid` under which the tenant knows the public key. */
  readonly keyId: string;
  readonly tokenEndpoint: string;
  /** The tenant's time, in milliseconds since the epoch: it judges `iat` and `exp` by its own clock. */
  readonly tenantNow: () => number;
}

const ASSERTION_LIFETIME_SECONDS = 120;

/** `private_key_jwt` (RFC 7523 §2.2): an assertion of its own for each attempt, good for two minutes. */
export function withPrivateKey(options: PrivateKeyOptions): ClientAuthentication {
  const { clientId, key, keyId, tokenEndpoint, tenantNow } = options;
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES384';
  // Loaded only where it is needed: each start would pay for it.
  const signing = import('jose/jwt/sign');

  async function credentials(): Promise<ClientCredentials> {
    const issuedAt = Math.floor(tenantNow() / 1_000);
    const { SignJWT } = await signing;
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg, kid: keyId, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenEndpoint)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ASSERTION_LIFETIME_SECONDS)
      .sign(key);
    return {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
  }

  return { credentials, dated: true };
}
