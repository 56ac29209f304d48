import { type ClientAssertions, claimedIssuer } from './client-assertion.ts';
import { isOneOf } from './client-secrets.ts';
import { badRequest, httpError } from './errors.ts';
import type { Client } from './model.ts';

/** What a request to the token endpoint says about the client that sends it. */
export type PresentedCredentials =
  | { method: 'client_secret'; clientId: string; clientSecret: string }
  | { method: 'private_key_jwt'; clientId: string; assertion: string };

/** The parameters of a token request that concern client authentication. */
export interface CredentialParameters {
  client_id?: string;
  client_secret?: string;
  client_assertion?: string;
  client_assertion_type?: string;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Reads the one way in which the client authenticates: secret in the body, HTTP Basic, or an assertion. Throws a
 * `QlikError`: 400 for several ways at once (RFC 6749, section 2.3), contradicting ids or an unknown assertion
 * type; 401 for none.
 */
export function presentedCredentials(
  authorization: string | undefined,
  body: CredentialParameters,
): PresentedCredentials {
  const { client_id: id, client_secret: secret, client_assertion: assertion } = body;
  const ways = [authorization, secret, assertion].filter((way) => way !== undefined);
  if (ways.length > 1) throw badRequest('the client authenticates in more than one way');
  const presented = authorization
    ? fromBasic(authorization)
    : assertion
      ? fromAssertion(assertion, body.client_assertion_type)
      : secret !== undefined && id !== undefined
        ? ({ method: 'client_secret', clientId: id, clientSecret: secret } as const)
        : undefined;
  if (!presented) throw httpError(401);
  if (id !== undefined && id !== presented.clientId)
    throw badRequest('client_id contradicts the credentials');
  return presented;
}

/**
 * The client that the credentials belong to. An unknown client, a wrong secret, a method that the client does not
 * allow and a bad assertion are one and the same 401: what Qlik answers does not tell them apart.
 */
export async function authenticateClient(
  presented: PresentedCredentials,
  clients: Map<string, Client>,
  assertions: ClientAssertions,
): Promise<Client> {
  const client = clients.get(presented.clientId);
  const proven =
    presented.method === 'client_secret'
      ? isOneOf(presented.clientSecret, client?.secrets ?? [])
      : client !== undefined && (await assertions.accept(presented.assertion, client));
  if (!client || !proven || !client.allowedAuthMethods.includes(presented.method)) throw httpError(401);
  return client;
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined and base64-encoded. */
function fromBasic(authorization: string): PresentedCredentials | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return undefined;
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
    return {
      method: 'client_secret',
      clientId: decode(pair.slice(0, colon)),
      clientSecret: decode(pair.slice(colon + 1)),
    };
  } catch {
    return undefined;
  }
}

function fromAssertion(assertion: string, type: string | undefined): PresentedCredentials | undefined {
  if (type !== ASSERTION_TYPE) throw badRequest('client_assertion_type is unknown');
  const clientId = claimedIssuer(assertion);
  return clientId === undefined ? undefined : { method: 'private_key_jwt', clientId, assertion };
}
