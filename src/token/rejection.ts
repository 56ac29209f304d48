import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { Leases } from '../store/leases.ts';
import type { TokenClient } from '../tenant/token-client.ts';
import { TokenError } from '../tenant/token-error.ts';
import { type Deadline, waitFor } from './deadline.ts';
import type { Token } from './token.ts';
import type { TokenEvent } from './token-event.ts';
import type { Tenant, TokenKey } from './token-key.ts';
import type { TokenShare } from './token-share.ts';

/** What the tenant says of tokens that pages call rejected: asked once per owner in the cooldown, by all replicas. */
export interface Rejections {
  /**
   * Asks, unless that is under way or was done within the cooldown. A token that the tenant refuses ends on all replicas.
   * Resolves when that is done here, or when the caller has waited for long enough. Rejects with the reason of a caller
   * that left, or a `StoreUnavailableError`.
   */
  pass(subject: TokenKey, token: Token, deadline: Deadline): Promise<void>;
}

export interface RejectionsDeps {
  readonly tokenClientOf: (tenant: Tenant) => TokenClient;
  readonly share: TokenShare;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly report: (event: TokenEvent) => void;
  /** Told first of a token that the tenant refuses: this process may hold it although another has taken its place. */
  readonly onRefused: (subject: TokenKey, token: Token) => void;
  readonly cooldownMs: number;
}

const MAX_JUDGED = 10_000;
/** How long a page waits for the tenant's judgement before it gets the same token again. */
const JUDGEMENT_MS = 3_000;

export function createRejections(deps: RejectionsDeps): Rejections {
  const { tokenClientOf, share, leases, clock, report, cooldownMs } = deps;
  const quietUntil = new LRUCache<string, number>({ max: MAX_JUDGED });
  const underWay = new Map<string, Promise<void>>();

  async function judge(subject: TokenKey, token: Token): Promise<void> {
    // A lease that is left to run out is the cooldown that all replicas see.
    if (!(await leases.take(`{${subject.owner}}:judgement`, cooldownMs))) return;
    const verdict = await tokenClientOf(subject.tenant).judge(token.accessToken);
    report({ type: 'rejection_judged', subject, verdict });
    if (verdict !== 'refused') return;
    deps.onRefused(subject, token);
    const now = await share.read(subject);
    // A token that has taken its place meanwhile was not judged.
    const replaced = now.token !== undefined && now.token.accessToken !== token.accessToken;
    if (now.generation === token.generation && !replaced) await share.end(subject.owner);
  }

  function begin(subject: TokenKey, token: Token): Promise<void> | undefined {
    const { owner } = subject;
    const already = underWay.get(owner);
    if (already || clock.now() < (quietUntil.get(owner) ?? 0)) return already;
    quietUntil.set(owner, clock.now() + cooldownMs);
    const judgement = judge(subject, token).finally(() => underWay.delete(owner));
    underWay.set(owner, judgement);
    return judgement;
  }

  return {
    async pass(subject, token, deadline) {
      const judgement = begin(subject, token);
      if (!judgement) return;
      const at = Math.min(deadline.at, clock.now() + JUDGEMENT_MS);
      await waitFor(judgement, { ...deadline, at }, clock).catch((error) => {
        if (!(error instanceof TokenError)) throw error;
      });
    },
  };
}
