import type { Emit } from '../events.ts';
import { type Clock, wallAheadMs } from '../lib/clock.ts';
import type { Leases } from '../store/leases.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { SharedRate } from '../store/shared-rate.ts';
import type { Priority, Ticket } from '../tenant/admission/ticket.ts';
import { superseded, TokenError, tooManyMints, tooShort } from '../tenant/token-error.ts';
import type { Background } from './background.ts';
import type { Identification } from './identification.ts';
import type { TenantOf } from './tenant-of.ts';
import { keepToken, remainingMs, type Token } from './token.ts';
import { eventFacts, type TokenKey, type TokenOwner } from './token-key.ts';
import type { TokenShare } from './token-share.ts';

/** For whom and when: the owner's generation as the session showed it. */
export interface Wanted {
  readonly key: TokenKey;
  readonly generation: string;
  readonly ticket: Ticket;
}

/** How a user gets a token that is not cached here: from another replica, or minted for all of them. */
export interface Minting {
  /**
   * The token that is shared, or else a fresh one: of all replicas one mints, the others wait for it. For a renewal a
   * token that is due itself is not good enough. Rejects with a `TokenError` (`token_superseded` when the owner has
   * another generation by now) or a `StoreUnavailableError`.
   */
  token(wanted: Wanted): Promise<Token>;
}

export interface MintingDeps {
  readonly tenantOf: TenantOf;
  readonly share: TokenShare;
  readonly identification: Identification;
  /** Mints of one owner, of all replicas. */
  readonly mintRate: SharedRate;
  readonly leases: Leases;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly emit: Emit;
  readonly revoke: (whose: TokenOwner, accessToken: string) => void;
  /** Ends the owner's generation, and revokes what belonged to it. */
  readonly forget: (whose: TokenOwner) => Promise<boolean>;
  readonly background: Background;
  readonly refreshBeforeMs: number;
  readonly minRemainingMs: number;
  /** Longer than a call to the tenant takes. */
  readonly callMs: number;
}

export function createMinting(deps: MintingDeps): Minting {
  const { tenantOf, share, identification, leases, clock, random, emit, revoke, background } = deps;

  async function shared({ key, generation }: Wanted, priority: Priority): Promise<Token | undefined> {
    const found = await share.read(key);
    if (found.generation !== generation) throw superseded();
    if (found.isAnothers) {
      // The owner is another Qlik user now: nobody is that one any more.
      await deps.forget({ tenant: key.tenant, owner: key.owner });
      throw superseded();
    }
    return found.token && isGood(found.token, priority) ? found.token : undefined;
  }

  function isGood(token: Token, priority: Priority): boolean {
    const now = clock.now();
    return remainingMs(token, now) >= deps.minRemainingMs && (priority === 'user' || now < token.renewAt);
  }

  /** Mints, and makes the fresh token everybody's. */
  async function mint(wanted: Wanted, leaseEndsAt: number): Promise<Token> {
    const { key, generation, ticket } = wanted;
    const { tokenClient } = tenantOf(key.tenant);
    const waitMs = await deps.mintRate.take(key.owner);
    if (waitMs > 0) throw tooManyMints(waitMs);
    const requestedAt = clock.now();
    const issued = await tokenClient
      .mint(key.lookup, ticket, (late) => revoke(key, late.accessToken))
      .catch(async (error) => {
        if (!wasAnswered(error)) await deps.mintRate.giveBack(key.owner);
        throw error;
      });
    const fresh = keepToken(
      issued,
      generation,
      requestedAt,
      deps.refreshBeforeMs,
      random(),
      wallAheadMs(clock),
    );
    try {
      if (remainingMs(fresh, clock.now()) < deps.minRemainingMs) throw tooShort();
      const identity = await identification.identify(key, issued, ticket);
      // Nobody else's token is newer, unless this took longer than the lease.
      const newer = clock.now() < leaseEndsAt ? undefined : await shared(wanted, 'user');
      const agreed = newer ?? (await share.keep(key, fresh, identity));
      if (!agreed) throw superseded();
      if (newer) revoke(key, fresh.accessToken);
      return agreed;
    } catch (error) {
      // The store may have kept it, and may say so yet; from here nobody gets it.
      if (!(error instanceof StoreUnavailableError)) revoke(key, fresh.accessToken);
      throw error;
    }
  }

  async function reported(wanted: Wanted, minting: () => Promise<Token>): Promise<Token> {
    const begunAt = clock.now();
    const facts = () => ({
      ...eventFacts(wanted.key),
      priority: wanted.ticket.priority,
      ms: clock.now() - begunAt,
    });
    try {
      const token = await minting();
      emit({ type: 'token.minted', ...facts() });
      return token;
    } catch (error) {
      emit({ type: 'token.mint_failed', ...facts(), error });
      throw error;
    }
  }

  return {
    async token(wanted) {
      const { key, generation, ticket } = wanted;
      const name = `{${key.owner}}:mint:${generation}`;
      for (;;) {
        const found = await shared(wanted, ticket.priority);
        if (found) return found;
        const remainingMs = ticket.deadline - clock.now();
        if (remainingMs <= 0)
          throw new TokenError('tenant_unavailable', 'Another replica waits for Qlik Cloud.');

        const leaseMs = remainingMs + deps.callMs;
        const takenAt = clock.now();
        const lease = await leases.take(name, leaseMs);
        if (!lease) {
          await leases.ended(name, remainingMs);
          continue;
        }
        try {
          return (
            (await shared(wanted, ticket.priority)) ??
            (await reported(wanted, () => mint(wanted, takenAt + leaseMs)))
          );
        } finally {
          background.add(lease.release().catch(() => {}));
        }
      }
    },
  };
}

/** The tenant was asked for this user, and did not say that it is in trouble or refuses everybody. */
function wasAnswered(error: unknown): boolean {
  return (
    error instanceof TokenError && (error.code.startsWith('user_') || error.code === 'tenant_bad_response')
  );
}
