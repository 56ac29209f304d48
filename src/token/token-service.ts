import { LRUCache } from 'lru-cache';
import type { Advance, Advanced } from '../store/record-store.ts';
import { createBackground } from './background.ts';
import { type Deadline, waitFor } from './deadline.ts';
import { createFlights } from './flights.ts';
import { createIdentification } from './identification.ts';
import { createMinting, type MintingDeps } from './minting.ts';
import { createRejections } from './rejection.ts';
import { remainingMs, type Token } from './token.ts';
import { cacheKey, eventFacts, type TokenKey, type TokenOwner } from './token-key.ts';
import type { EndedShare } from './token-share.ts';

/**
 * The tokens of all users: each is minted once for all replicas, kept, renewed in time, and forgotten for good.
 *
 * `generation` is the owner's, as the session showed it that the answer is for. A token counts only under the one that
 * it was obtained under: whoever has waited looks at the session again, and compares.
 */
export interface TokenService {
  /** The token in the cache, at once and without a call; undefined on a cache miss. Renews it behind the answer. */
  cached(key: TokenKey, generation: string): Token | undefined;
  /**
   * The token that is cached or shared, or else a fresh one. Rejects with a `TokenError`, a `StoreUnavailableError`, or the
   * reason of an aborted wait.
   */
  obtain(key: TokenKey, generation: string, deadline: Deadline): Promise<Token>;
  /** Like `obtain`, for a page that thinks its token was refused: the tenant judges, at most once in the cooldown. */
  rejected(key: TokenKey, generation: string, deadline: Deadline): Promise<Token>;
  /**
   * Begins a new generation: no replica hands out the token that there is, or the one that is being minted, any more;
   * then they are revoked at the tenant, as far as that works. With the owner alone, what this process holds is found
   * only where it is shared. Resolves to whether there was one; can reject with a `StoreUnavailableError`.
   */
  forget(whose: TokenOwner | TokenKey): Promise<boolean>;
  /** Whether the token that is shared is another Qlik user's, who the owner was before. */
  isAnothers(key: TokenKey): Promise<boolean>;
  /** The owner is no longer this Qlik user: `forget`, unless another replica saw to that. */
  lose(key: TokenKey): Promise<void>;
  /** What the store is to be told so that it begins a new generation itself, with the end of the owner's last session. */
  ending(owner: string): Advance;
  /** It has done so: the rest of what `forget` does. Whether there was a token. */
  ended(whose: TokenOwner | TokenKey, advanced: Advanced): boolean;
  /**
   * Begins a new generation for everybody: no replica hands out a token that there is now. They are not revoked at the
   * tenant, whose rate limit that would use up. Can reject with a `StoreUnavailableError`.
   */
  forgetAll(): Promise<void>;
  /** How many tokens are cached here. */
  readonly size: number;
  /** Resolves when what was begun in the background has ended. */
  idle(): Promise<void>;
}

export interface TokenServiceDeps
  extends Omit<MintingDeps, 'revoke' | 'forget' | 'identification' | 'background' | 'callMs'> {
  readonly maxCached: number;
  readonly replaceCooldownMs: number;
  /** How long a user's mint may wait in the tenant's queue; a call there takes less. */
  readonly deadlineMs: number;
}

/** A renewal can wait; it is tried again after a while of about this length. */
const RENEWAL_DEADLINE_MS = 60_000;

export function createTokenService(deps: TokenServiceDeps): TokenService {
  const { tenantOf, share, clock, random, emit, minRemainingMs, deadlineMs } = deps;
  const tokens = new LRUCache<string, Token>({ max: deps.maxCached });
  const background = createBackground();
  const rejections = createRejections({
    ...deps,
    cooldownMs: deps.replaceCooldownMs,
    onRefused(key, token) {
      if (isCached(cacheKey(key), token)) tokens.delete(cacheKey(key));
    },
  });
  const flights = createFlights({
    minting: createMinting({
      ...deps,
      identification: createIdentification({ tenantOf, maxRemembered: deps.maxCached }),
      revoke,
      forget,
      background,
      callMs: deadlineMs,
    }),
    tenantOf,
    clock,
    background,
    deadlineMs: { user: deadlineMs, renewal: RENEWAL_DEADLINE_MS },
    onToken: (key, token) => tokens.set(cacheKey(key), token),
  });

  function usable(id: string, generation: string): Token | undefined {
    const token = tokens.get(id);
    return token?.generation === generation && remainingMs(token, clock.now()) >= minRemainingMs
      ? token
      : undefined;
  }

  function isCached(id: string, token: Token): boolean {
    return tokens.peek(id)?.accessToken === token.accessToken;
  }

  function renewBehind(key: TokenKey, token: Token): void {
    if (flights.has(key, token.generation)) return;
    const id = cacheKey(key);
    background.add(
      flights.join(key, token.generation, 'renewal').catch(() => {
        if (!isCached(id, token)) return;
        tokens.set(id, { ...token, renewAt: clock.now() + RENEWAL_DEADLINE_MS * (0.5 + random()) });
      }),
    );
  }

  function revoke(whose: TokenOwner, accessToken: string): void {
    background.add(tryToRevoke(whose, accessToken));
  }

  async function tryToRevoke(whose: TokenOwner, accessToken: string): Promise<void> {
    const facts = isTokenKey(whose) ? eventFacts(whose) : { tenant: whose.tenant.name };
    const done = await ask().catch(() => false);
    emit({ type: done ? 'token.revoked' : 'token.revocation_failed', ...facts });

    async function ask(): Promise<boolean> {
      return tenantOf(whose.tenant).tokenClient.revoke(accessToken);
    }
  }

  function cached(key: TokenKey, generation: string): Token | undefined {
    const token = usable(cacheKey(key), generation);
    if (token && clock.now() >= token.renewAt) renewBehind(key, token);
    return token;
  }

  async function obtain(key: TokenKey, generation: string, deadline: Deadline): Promise<Token> {
    const token = cached(key, generation);
    if (token) return token;
    return waitFor(flights.join(key, generation, 'user'), deadline, clock);
  }

  async function forget(whose: TokenOwner | TokenKey): Promise<boolean> {
    return end(whose, await share.end(whose.owner));
  }

  /** Revokes what there was before this generation, here and where it is shared. */
  function end(whose: TokenOwner | TokenKey, { generation, accessToken }: EndedShare): boolean {
    const id = isTokenKey(whose) ? cacheKey(whose) : undefined;
    const local = id && tokens.peek(id);
    const ended = new Set(accessToken === undefined ? [] : [accessToken]);
    if (id && local && local.generation !== generation) {
      tokens.delete(id);
      ended.add(local.accessToken);
    }
    for (const each of ended) revoke(whose, each);
    return ended.size > 0;
  }

  return {
    cached,
    obtain,

    async rejected(key, generation, deadline) {
      const token = usable(cacheKey(key), generation) ?? (await share.read(key)).token;
      if (token) await rejections.pass(key, token, deadline);
      return obtain(key, generation, deadline);
    },

    forget(whose) {
      const forgotten = forget(whose);
      background.add(forgotten.catch(() => {}));
      return forgotten;
    },

    async lose(key) {
      const { generation, token } = await share.read(key);
      if (token || tokens.peek(cacheKey(key))?.generation === generation) await forget(key);
    },

    isAnothers: share.isAnothers,
    ending: share.ending,
    ended: (whose, advanced) => end(whose, share.ended(advanced)),

    async forgetAll() {
      await share.endAll();
      tokens.clear();
    },

    get size() {
      return tokens.size;
    },

    idle: background.idle,
  };
}

function isTokenKey(whose: TokenOwner): whose is TokenKey {
  return 'lookup' in whose;
}
