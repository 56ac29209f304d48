import { LRUCache } from 'lru-cache';
import { createBackground } from './background.ts';
import { type Deadline, waitFor } from './deadline.ts';
import { createFlights } from './flights.ts';
import { createMinting, type MintingDeps } from './minting.ts';
import { createRejections } from './rejection.ts';
import { remainingMs, type Token } from './token.ts';
import { cacheKey, type TokenKey, type TokenOwner } from './token-key.ts';

/**
 * The tokens of all users: each is minted once for all replicas, kept, renewed in time, and forgotten for good.
 *
 * `generation` is the owner's, as the session showed it that the answer is for. A token counts only under the one that
 * it was obtained under: whoever has waited looks at the session again, and compares.
 */
export interface TokenService {
  /** The token in the cache, at once and without a call; undefined when it has to be fetched. Renews it behind the answer. */
  cached(subject: TokenKey, generation: string): Token | undefined;
  /**
   * The token that is cached or shared, or else a fresh one. Rejects with a `TokenError`, a `StoreUnavailableError`, or the
   * reason of an aborted wait.
   */
  obtain(subject: TokenKey, generation: string, deadline: Deadline): Promise<Token>;
  /** Like `obtain`, for a page that thinks its token was refused: the tenant judges, at most once in the cooldown. */
  rejected(subject: TokenKey, generation: string, deadline: Deadline): Promise<Token>;
  /**
   * Begins a new generation: no replica hands out the token that there is, or the one that is being minted, any more;
   * then they are revoked at the tenant, as far as that works. With the owner alone, what this process holds is found
   * only where it is shared. Resolves to whether there was one; can reject with a `StoreUnavailableError`.
   */
  forget(whose: TokenOwner | TokenKey): Promise<boolean>;
  /**
   * Begins a new generation for everybody: no replica hands out a token that there is now. They are not revoked at the
   * tenant, whose rate limit that would use up. Can reject with a `StoreUnavailableError`.
   */
  forgetAll(): Promise<void>;
  /** How many tokens this process holds. */
  readonly size: number;
  /** Resolves when what was begun in the background has ended. */
  idle(): Promise<void>;
}

export interface TokenServiceDeps extends Omit<MintingDeps, 'revoke' | 'background' | 'callMs'> {
  readonly maxCached: number;
  readonly replaceCooldownMs: number;
  /** How long a user's mint may wait for its turn at the tenant; a call there takes less. */
  readonly deadlineMs: number;
}

/** A renewal can wait; it is tried again after a while of about this length. */
const RENEWAL_PATIENCE_MS = 60_000;

export function createTokenService(deps: TokenServiceDeps): TokenService {
  const { tokenClientOf, share, clock, random, report, minRemainingMs, deadlineMs } = deps;
  const tokens = new LRUCache<string, Token>({ max: deps.maxCached });
  const background = createBackground();
  const rejections = createRejections({
    ...deps,
    cooldownMs: deps.replaceCooldownMs,
    onRefused(subject, token) {
      if (holds(cacheKey(subject), token)) tokens.delete(cacheKey(subject));
    },
  });
  const flights = createFlights({
    minting: createMinting({ ...deps, revoke, background, callMs: deadlineMs }),
    tokenClientOf,
    clock,
    background,
    deadlineMs: { user: deadlineMs, renewal: RENEWAL_PATIENCE_MS },
    onToken: (subject, token) => tokens.set(cacheKey(subject), token),
  });

  function usable(key: string, generation: string): Token | undefined {
    const token = tokens.get(key);
    return token?.generation === generation && remainingMs(token, clock.now()) >= minRemainingMs
      ? token
      : undefined;
  }

  function holds(key: string, token: Token): boolean {
    return tokens.peek(key)?.accessToken === token.accessToken;
  }

  function renewBehind(subject: TokenKey, token: Token): void {
    if (flights.has(subject, token.generation)) return;
    const key = cacheKey(subject);
    background.add(
      flights.join(subject, token.generation, 'renewal').catch(() => {
        if (!holds(key, token)) return;
        tokens.set(key, { ...token, renewAt: clock.now() + RENEWAL_PATIENCE_MS * (0.5 + random()) });
      }),
    );
  }

  function revoke(whose: TokenOwner, accessToken: string): void {
    background.add(
      tokenClientOf(whose.tenant)
        .revoke(accessToken)
        .then((done) => report({ type: 'revoked', subject: whose, done })),
    );
  }

  function cached(subject: TokenKey, generation: string): Token | undefined {
    const token = usable(cacheKey(subject), generation);
    if (token && clock.now() >= token.renewAt) renewBehind(subject, token);
    return token;
  }

  async function obtain(subject: TokenKey, generation: string, deadline: Deadline): Promise<Token> {
    const token = cached(subject, generation);
    if (token) return token;
    return waitFor(flights.join(subject, generation, 'user'), deadline, clock);
  }

  async function forget(whose: TokenOwner | TokenKey): Promise<boolean> {
    const { generation, accessToken } = await share.end(whose.owner);
    const key = 'lookup' in whose ? cacheKey(whose) : undefined;
    const local = key && tokens.peek(key);
    const ended = new Set(accessToken === undefined ? [] : [accessToken]);
    if (key && local && local.generation !== generation) {
      tokens.delete(key);
      ended.add(local.accessToken);
    }
    for (const each of ended) revoke(whose, each);
    return ended.size > 0;
  }

  return {
    cached,
    obtain,

    async rejected(subject, generation, deadline) {
      const token = usable(cacheKey(subject), generation) ?? (await share.read(subject)).token;
      if (token) await rejections.pass(subject, token, deadline);
      return obtain(subject, generation, deadline);
    },

    forget(whose) {
      const forgotten = forget(whose);
      background.add(forgotten.catch(() => {}));
      return forgotten;
    },

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
