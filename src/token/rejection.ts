import type { Emit } from '../events.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import type { Leases } from '../store/leases.ts';
import { TokenError } from '../tenant/token-error.ts';
import { type Deadline, waitFor } from './deadline.ts';
import type { TenantOf } from './tenant-of.ts';
import type { Token } from './token.ts';
import { eventFacts, type TokenKey } from './token-key.ts';
import type { TokenShare } from './token-share.ts';

/** What the tenant says of tokens that pages call rejected: asked once per owner in the cooldown, by all replicas. */
export interface Rejections {
  /**
   * Asks, unless that is under way or was done within the cooldown. A token that the tenant refuses ends on all replicas.
   * Resolves when that is done here, or when the caller has waited for long enough. Rejects with the reason of a caller
   * that left, or a `StoreUnavailableError`.
   */
  pass(key: TokenKey, token: Token, deadline: Deadline): Promise<void>;
}

export interface RejectionsDeps {
  readonly tenantOf: TenantOf;
  readonly share: TokenShare;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Told first of a token that the tenant refuses: it may be cached here although another one is shared by now. */
  readonly onRefused: (key: TokenKey, token: Token) => void;
  readonly cooldownMs: number;
}

const MAX_JUDGED = 10_000;
/** How long a page waits for the tenant's judgement before it gets the same token again. */
const JUDGEMENT_MS = 3_000;

export function createRejections(deps: RejectionsDeps): Rejections {
  const { tenantOf, share, leases, clock, emit, cooldownMs } = deps;
  const quietUntil = new BoundedMap<string, number>(MAX_JUDGED);
  const underWay = new Map<string, Promise<void>>();

  async function judge(key: TokenKey, token: Token): Promise<void> {
    // A lease that is left to run out is the cooldown that all replicas see.
    if (!(await leases.take(`{${key.owner}}:judgement`, cooldownMs))) return;
    const verdict = await tenantOf(key.tenant).tokenClient.judge(token.accessToken);
    emit({ type: 'token.judged', ...eventFacts(key), clientId: key.tenant.clientId, verdict });
    if (verdict !== 'refused') return;
    deps.onRefused(key, token);
    const now = await share.read(key);
    // A token that has taken its place meanwhile was not judged.
    const replaced = now.token !== undefined && now.token.accessToken !== token.accessToken;
    if (now.generation === token.generation && !replaced) await share.end(key.owner);
  }

  function begin(key: TokenKey, token: Token): Promise<void> | undefined {
    const { owner } = key;
    const already = underWay.get(owner);
    if (already || clock.now() < (quietUntil.get(owner) ?? 0)) return already;
    quietUntil.set(owner, clock.now() + cooldownMs);
    const judgement = judge(key, token).finally(() => underWay.delete(owner));
    underWay.set(owner, judgement);
    return judgement;
  }

  return {
    async pass(key, token, deadline) {
      const judgement = begin(key, token);
      if (!judgement) return;
      const at = Math.min(deadline.at, clock.now() + JUDGEMENT_MS);
      await waitFor(judgement, { ...deadline, at }, clock).catch((error) => {
        if (!(error instanceof TokenError)) throw error;
      });
    },
  };
}
