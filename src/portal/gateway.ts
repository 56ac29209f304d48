import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayConfig } from '../config/portal-config.ts';
import type { Secret } from '../config/secret.ts';
import type { Emit } from '../events.ts';
import { trimBlanks } from '../lib/blanks.ts';
import { createTrustedPeers } from '../lib/trusted-peers.ts';
import { isText, MAX_ID, userFromClaims } from './claims.ts';
import { LoginRefusedError, type PortalAuth } from './portal-auth.ts';
import type { PortalUser } from './portal-user.ts';
import { singleHeaders } from './single-headers.ts';

/** A request, as far as it can prove somebody. */
export interface GatewayEvidence {
  /** The address at the other end of the connection, and not one that a header claims. */
  readonly peer: string | undefined;
  /** As they came, names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Why a request is not the gateway's. */
export type NotTheGateway = 'its address is not in TRUSTED_PROXIES' | 'it lacks the right PROXY_SECRET';

/**
 * The sign-in by a gateway that says in headers who is signed in there. They are read only when the gateway itself is at
 * the other end of the connection and knows the secret; of any other request it is as if it had none. A header that is
 * there twice, or beside a look-alike, is refused: one of the two may be the client's.
 */
export type GatewayAuth = PortalAuth<GatewayEvidence>;

export interface GatewayAuthDeps {
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly secret: Secret;
  readonly headers: GatewayConfig['headers'];
  /** An e-mail counts: a header does not say whether anybody verified it. */
  readonly trustEmail: boolean;
  readonly emit: Emit;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NAMES = { id: 'id', email: 'email', name: 'name', groups: 'groups', others: [] } as const;

export function createGatewayAuth(deps: GatewayAuthDeps): GatewayAuth {
  const { headers, trustEmail, emit } = deps;
  const names = new Set(Object.values(headers).filter((name) => name !== null));
  const isTrusted = createTrustedPeers(deps.trustedProxies);
  const expected = digest(deps.secret.reveal());

  /** The headers that the gateway sent; throws when it is not the gateway that sent them. */
  function proven({ peer, rawHeaders }: GatewayEvidence): Map<string, string | undefined> {
    if (!isTrusted(peer)) throw other('its address is not in TRUSTED_PROXIES', peer);
    const found = singleHeaders(rawHeaders, names);
    if (!timingSafeEqual(expected, digest(found.get(headers.secret) ?? '')))
      throw other('it lacks the right PROXY_SECRET', peer);
    return found;
  }

  function other(why: NotTheGateway, peer: string | undefined): LoginRefusedError {
    emit({ type: 'gateway.bypassed', why, peer });
    return nobody();
  }

  return {
    async authenticate(evidence) {
      const found = proven(evidence);
      for (const [name, value] of found) {
        if (value === undefined) throw refused(name, 'is there twice, or beside a look-alike');
      }
      const id = one(headers.user, found);
      if (id === undefined) throw nobody();
      const tenant = one(headers.tenant, found);
      const email = one(headers.email, found);
      const name = text(headers.name, found);
      const groups = text(headers.groups, found)
        ?.split(',')
        .map(trimBlanks)
        .filter((group) => group !== '');
      const user: PortalUser = userFromClaims({ id, email, name, groups }, { names: NAMES, trustEmail });
      return tenant === undefined ? user : { ...user, tenant };
    },
  };
}

/** Of one length, so that the comparison tells nothing. */
function digest(header: string): Buffer {
  return createHash('sha256').update(header, 'latin1').digest();
}

/** A header's text, or undefined without one; an empty one is none. Node hands out bytes as Latin-1. */
function text(name: string | null, found: Map<string, string | undefined>): string | undefined {
  const value = (name !== null && found.get(name)) || undefined;
  try {
    return value && utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    throw refused(name as string, 'is not UTF-8');
  }
}

/** A header that says what a user is told apart by. What stands on the way may have joined two by a comma. */
function one(name: string | null, found: Map<string, string | undefined>): string | undefined {
  const value = text(name, found);
  if (value === undefined) return undefined;
  if (value.includes(',')) throw refused(name as string, 'holds a comma, as if it had been sent twice');
  if (!isText(value, MAX_ID)) throw refused(name as string, 'is too long, or holds control characters');
  return value;
}

function nobody(): LoginRefusedError {
  return new LoginRefusedError('session_required', 'Nobody is signed in at the gateway.');
}

function refused(name: string, why: string): LoginRefusedError {
  return new LoginRefusedError('bad_request', `The header ${name} ${why}.`);
}
