import type { Clock } from '../lib/clock.ts';
import type { Lease, Leases } from '../store/leases.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { Priority, Ticket } from '../tenant/admission/ticket.ts';
import type { TokenClient } from '../tenant/token-client.ts';
import { denied, superseded, TokenError, tooShort } from '../tenant/token-error.ts';
import type { Background } from './background.ts';
import { keepToken, remainingMs, type Token } from './token.ts';
import type { TokenEvent } from './token-event.ts';
import type { Tenant, TokenKey, TokenOwner } from './token-key.ts';
import type { TokenShare } from './token-share.ts';

/** For whom and when: the owner's generation as the session showed it. */
export interface Wanted {
  readonly subject: TokenKey;
  readonly generation: string;
  readonly ticket: Ticket;
}

/** How a user gets a token that this process does not hold: from another replica, or minted for all of them. */
export interface Minting {
  /**
   * The token that is shared, or else a fresh one: of all replicas one mints, the others wait for it. For a renewal a
   * token that is due itself is not good enough. Rejects with a `TokenError` (`token_superseded` when the owner has
   * another generation by now) or a `StoreUnavailableError`.
   */
  token(wanted: Wanted): Promise<Token>;
}

export interface MintingDeps {
  readonly tokenClientOf: (tenant: Tenant) => TokenClient;
  readonly share: TokenShare;
  readonly leases: Leases;
  /** Whether a Qlik user must never be impersonated; asked with a minted token's `sub`. */
  readonly isDenied: (qlikUser: string) => boolean;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly report: (event: TokenEvent) => void;
  readonly revoke: (whose: TokenOwner, accessToken: string) => void;
  readonly background: Background;
  readonly refreshBeforeMs: number;
  readonly minRemainingMs: number;
  /** Longer than a call to the tenant takes. */
  readonly callMs: number;
}

export function createMinting(deps: MintingDeps): Minting {
  const { tokenClientOf, share, leases, isDenied, clock, random, report, revoke, background } = deps;

  async function shared({ subject, generation }: Wanted, priority: Priority): Promise<Token | undefined> {
    const found = await share.read(subject);
    if (found.generation !== generation) throw superseded();
    return found.token && isGood(found.token, priority) ? found.token : undefined;
  }

  function isGood(token: Token, priority: Priority): boolean {
    const now = clock.now();
    return remainingMs(token, now) >= deps.minRemainingMs && (priority === 'user' || now < token.renewAt);
  }

  /** Mints, and makes the fresh token everybody's. */
  async function mint(wanted: Wanted, leaseEndsAt: number): Promise<Token> {
    const { subject, generation, ticket } = wanted;
    const requestedAt = clock.now();
    const issued = await tokenClientOf(subject.tenant).mint(subject.lookup, ticket);
    const fresh = keepToken(issued, generation, requestedAt, deps.refreshBeforeMs, random());
    if (remainingMs(fresh, clock.now()) < deps.minRemainingMs) throw tooShort();
    try {
      if (isDenied(issued.subject ?? '')) throw denied();
      // Nobody else's token is newer, unless this took longer than the lease.
      const newer = clock.now() < leaseEndsAt ? undefined : await shared(wanted, 'user');
      const agreed = newer ?? (await keep(subject, fresh, issued.subject));
      if (!agreed) throw superseded();
      if (newer) revoke(subject, fresh.accessToken);
      return agreed;
    } catch (error) {
      revoke(subject, fresh.accessToken);
      throw error;
    }
  }

  async function keep(
    subject: TokenKey,
    fresh: Token,
    qlikUser: string | undefined,
  ): Promise<Token | undefined> {
    try {
      return await share.keep(subject, fresh, qlikUser);
    } catch (error) {
      // Nobody gets it whose session cannot be read, which shows whether it still counts.
      if (error instanceof StoreUnavailableError) return fresh;
      throw error;
    }
  }

  async function reported(wanted: Wanted, minting: () => Promise<Token>): Promise<Token> {
    const begunAt = clock.now();
    const facts = () => ({
      subject: wanted.subject,
      priority: wanted.ticket.priority,
      durationMs: clock.now() - begunAt,
    });
    try {
      const token = await minting();
      report({ type: 'minted', ...facts() });
      return token;
    } catch (error) {
      report({ type: 'mint_failed', ...facts(), error });
      throw error;
    }
  }

  return {
    async token(wanted) {
      const { subject, generation, ticket } = wanted;
      const name = `{${subject.owner}}:mint:${generation}`;
      for (;;) {
        const found = await shared(wanted, ticket.priority);
        if (found) return found;
        const remainingMs = ticket.deadline - clock.now();
        if (remainingMs <= 0)
          throw new TokenError('tenant_unavailable', 'Another replica waits for Qlik Cloud.');

        const leaseMs = remainingMs + deps.callMs;
        const takenAt = clock.now();
        const lease = await leases.take(name, leaseMs).catch(withoutLease);
        if (!lease) {
          await leases.ended(name, remainingMs);
          continue;
        }
        try {
          return (
            (await shared(wanted, ticket.priority)) ??
            (await reported(wanted, () => mint(wanted, takenAt + (lease === NO_LEASE ? 0 : leaseMs))))
          );
        } finally {
          background.add(lease.release().catch(() => {}));
        }
      }
    },
  };
}

/** A store that is read but takes nothing new, since its memory is full, is no reason to give nobody a token. */
const NO_LEASE: Lease = { release: async () => {} };

function withoutLease(error: unknown): Lease {
  if (error instanceof StoreUnavailableError) return NO_LEASE;
  throw error;
}
