import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayConfig } from '../config/portal-config.ts';
import type { Secret } from '../config/secret.ts';
import type { Emit } from '../events.ts';
import { createTrustedPeers } from '../lib/trusted-peers.ts';
import { MAX_EMAIL } from './email-claims.ts';
import { readGroupHeader } from './groups.ts';
import type { LoginPolicy } from './login-policy.ts';
import { LoginRefusedError, type PortalAuth } from './portal-auth.ts';
import type { PortalUser } from './portal-user.ts';
import { sameEmail } from './same-email.ts';
import { singleHeaders } from './single-headers.ts';
import {
  isText,
  MAX_ID,
  MAX_NAME,
  namesForLog,
  readText,
  type Told,
  type ToldUser,
  understood,
} from './told-user.ts';

/** A request, as far as it can prove somebody. */
export interface GatewayEvidence {
  /** The address at the other end of the connection, and not one that a header claims. */
  readonly peer: string | undefined;
  /** As they came, names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Why a request is not the gateway's. */
type NotTheGateway = 'its address is not in TRUSTED_PROXIES' | 'it lacks the right PROXY_SECRET';

/**
 * The sign-in by a gateway that says in headers who is signed in there. They are read only when the gateway itself is at
 * the other end of the connection and knows the secret; of any other request it is as if it had none. A header that says
 * who it is and is there twice, or beside a look-alike, is refused: one of the two may be the client's. What else cannot be
 * read is left out.
 */
export interface GatewayAuth extends PortalAuth<GatewayEvidence> {
  /** The same for each call of somebody who is signed in: tells nothing of what is not understood. */
  again(evidence: GatewayEvidence): Promise<PortalUser>;
}

export interface GatewayAuthDeps {
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly secret: Secret;
  readonly headers: GatewayConfig['headers'];
  readonly groupsSeparator: string;
  /** An e-mail counts: a header does not say whether anybody verified it. */
  readonly trustEmail: boolean;
  /** The e-mail can say which Qlik user somebody is: then it is judged as what says who it is. */
  readonly emailFinds: boolean;
  readonly policy: LoginPolicy;
  readonly emit: Emit;
}

type Found = ReadonlyMap<string, string | undefined>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function createGatewayAuth(deps: GatewayAuthDeps): GatewayAuth {
  const { headers, trustEmail, emailFinds, policy, emit } = deps;
  const names = new Set(Object.values(headers).filter((name) => name !== null));
  const isTrusted = createTrustedPeers(deps.trustedProxies);
  const expected = digest(deps.secret.reveal());

  /** The headers that the gateway sent; throws when it is not the gateway that sent them. */
  function proven({ peer, rawHeaders }: GatewayEvidence): Found {
    if (!isTrusted(peer)) throw other('its address is not in TRUSTED_PROXIES', peer);
    const found = singleHeaders(rawHeaders, names);
    if (!timingSafeEqual(expected, digest(found.get(headers.secret) ?? '')))
      throw other('it lacks the right PROXY_SECRET', peer);
    return found;
  }

  function other(why: NotTheGateway, peer: string | undefined): LoginRefusedError {
    emit({ type: 'gateway.bypassed', why, peer });
    return nobodyAtGateway();
  }

  function toldBy(evidence: GatewayEvidence): ToldUser {
    const found = proven(evidence);
    const id = identity(headers.user, found);
    const namesTold = () => namesForLog(evidence.rawHeaders.filter((_, index) => index % 2 === 0));
    if (id === undefined) {
      const { name, email, groups } = headers;
      // Whoever is told of is somebody.
      if ([name, email, groups].some((header) => header !== null && found.get(header)))
        emit({ type: 'gateway.user_missing', header: headers.user, told: namesTold() });
      throw nobodyAtGateway();
    }
    const tenant = identity(headers.tenant, found);
    const email = trustEmail ? emailOf(found) : undefined;
    const groups = groupsOf(found);
    const values: Readonly<Record<string, string | undefined>> = { user: id, tenant };
    return {
      id,
      tenant,
      name: display(headers.name, found, (text) => readText(text, MAX_NAME)),
      email,
      groups,
      claims: {},
      holds(claim, value) {
        if (claim === 'groups') return understood(groups)?.includes(value) === true;
        if (claim === 'email') return sameEmail(understood(email) ?? '', value);
        return Object.hasOwn(values, claim) && values[claim] === value;
      },
      // Made when it is told: this runs at each call.
      get told() {
        return namesTold();
      },
      missingForEmail:
        trustEmail && understood(email) === undefined ? (headers.email ?? undefined) : undefined,
    };
  }

  function emailOf(found: Found): Told<string> {
    if (!emailFinds) return display(headers.email, found, readAddress);
    const value = identity(headers.email, found, MAX_EMAIL);
    return value === undefined ? undefined : { value };
  }

  function groupsOf(found: Found): Told<readonly string[]> {
    return display(headers.groups, found, (text) => readGroupHeader(text, deps.groupsSeparator));
  }

  return {
    authenticate: async (evidence) => policy.admit(toldBy(evidence)),
    again: async (evidence) => policy.admitAgain(toldBy(evidence)),
  };
}

/** Of one length, so that the comparison tells nothing. */
function digest(header: string): Buffer {
  return createHash('sha256').update(header, 'latin1').digest();
}

/**
 * A header by which users are told apart; undefined without one, or with an empty one. It is read in one way only, as
 * UTF-8: read as Latin-1 where it is none, two of a gateway's users could become one. What stands on the way may have
 * joined two headers by a comma.
 */
function identity(name: string | null, found: Found, maxLength = MAX_ID): string | undefined {
  if (name === null || !found.has(name)) return undefined;
  const bytes = found.get(name);
  if (bytes === undefined) throw refused(name, 'is there twice, or beside a look-alike');
  if (bytes === '') return undefined;
  const value = decoded(bytes);
  if (value === undefined) throw refused(name, 'is not UTF-8');
  if (value.includes(',')) throw refused(name, 'holds a comma, as if it had been sent twice');
  if (!isText(value, maxLength)) throw refused(name, 'is too long, or holds control characters');
  return value;
}

/** Any other header. Many servers write Latin-1, which is what is not UTF-8. */
function display<T>(name: string | null, found: Found, read: (text: string) => Told<T>): Told<T> {
  if (name === null || !found.has(name)) return undefined;
  const bytes = found.get(name);
  if (bytes === undefined) return { why: 'twice' };
  return bytes === '' ? undefined : read(decoded(bytes) ?? bytes);
}

/** The text of a header, which Node hands out with each byte as a character; undefined when it is not UTF-8. */
function decoded(bytes: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

function readAddress(text: string): Told<string> {
  return text.includes(',') ? { why: 'ambiguous' } : readText(text, MAX_EMAIL);
}

/** The gateway names nobody, or it is not proven that it is the gateway. */
export function nobodyAtGateway(): LoginRefusedError {
  return new LoginRefusedError('session_required', 'Nobody is signed in at the gateway.');
}

function refused(name: string, why: string): LoginRefusedError {
  return new LoginRefusedError('bad_request', `The header ${name} ${why}.`);
}
