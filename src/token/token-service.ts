import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Priority, Ticket } from './gate.ts';
import { createJudgements } from './judgements.ts';
import type { TenantGateway, Verdict } from './tenant-gateway.ts';
import { keepToken, remainingMs, type Token } from './token.ts';
import { TokenError, type TokenErrorCode } from './token-error.ts';
import type { IssuedToken } from './token-issuer.ts';
import { cacheKey, type Tenant, type TokenSubject } from './token-subject.ts';
import { type Waiting, waitFor } from './waiting.ts';

/** The tokens of all users: each is minted once, kept, renewed in time, and forgotten for good. */
export interface TokenService {
  /** The token that is held, at once and without a call; undefined when one has to be minted. Renews it behind the answer. */
  held(subject: TokenSubject): Token | undefined;
  /** The token that is held, or else a fresh one. Rejects with a `TokenError`, or the reason of an aborted wait. */
  obtain(subject: TokenSubject, waiting: Waiting): Promise<Token>;
  /** Like `obtain`, for a page that thinks its token was refused: the tenant judges, at most once in the cooldown. */
  rejected(subject: TokenSubject, waiting: Waiting): Promise<Token>;
  /**
   * From now on nobody gets the token that is held, or the one that is being minted; then they are revoked at the
   * tenant, as far as that works.
   */
  forget(subject: TokenSubject): void;
  /** How many tokens are held. */
  readonly size: number;
  /** Resolves when what was begun in the background has ended. */
  idle(): Promise<void>;
}

/** What the service did, for logs and metrics. Holds nothing secret. */
export type TokenEvent =
  | { type: 'minted'; subject: TokenSubject; priority: Priority; durationMs: number }
  | { type: 'mint_failed'; subject: TokenSubject; priority: Priority; durationMs: number; error: unknown }
  | { type: 'rejection_judged'; subject: TokenSubject; verdict: Verdict }
  | { type: 'revoked'; subject: TokenSubject; done: boolean };

export interface TokenServiceDeps {
  readonly gatewayOf: (tenant: Tenant) => TenantGateway;
  /** Whether a Qlik user must never be impersonated; asked with a minted token's `sub`. */
  readonly isDenied: (qlikUser: string) => boolean;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly report: (event: TokenEvent) => void;
  readonly maxHeld: number;
  readonly refreshBeforeMs: number;
  readonly minRemainingMs: number;
  readonly replaceCooldownMs: number;
  /** How long a user's mint may wait for its turn at the tenant. */
  readonly patienceMs: number;
}

interface Flight {
  readonly result: Promise<Token>;
  readonly ticket: Ticket;
  forgotten: boolean;
}

/** How long an answer about a user is believed, so that a page that asks again costs no call. */
const REFUSAL_REMEMBERED_MS = 30_000;
const MAX_REFUSALS = 10_000;
const ABOUT_THE_USER: ReadonlySet<TokenErrorCode> = new Set([
  'user_not_mapped',
  'user_disabled',
  'user_denied',
]);
/** A renewal can wait; it is tried again after a while of about this length. */
const RENEWAL_PATIENCE_MS = 60_000;

export function createTokenService(deps: TokenServiceDeps): TokenService {
  const { gatewayOf, isDenied, clock, random, report, refreshBeforeMs, minRemainingMs } = deps;
  const tokens = new LRUCache<string, Token>({ max: deps.maxHeld });
  const refusals = new LRUCache<string, { error: TokenError; until: number }>({ max: MAX_REFUSALS });
  const judgements = createJudgements({ clock, cooldownMs: deps.replaceCooldownMs });
  const flights = new Map<string, Flight>();
  /** Tokens that were forgotten, perhaps before all who waited for them got them. */
  const forgotten = new WeakSet<Token>();
  const background = new Set<Promise<unknown>>();

  function usable(key: string): Token | undefined {
    const token = tokens.get(key);
    return token && remainingMs(token, clock.now()) >= minRemainingMs ? token : undefined;
  }

  function holds(key: string, token: Token): boolean {
    return tokens.peek(key)?.accessToken === token.accessToken;
  }

  function launch(key: string, subject: TokenSubject, priority: Priority): Flight {
    const patienceMs = priority === 'user' ? deps.patienceMs : RENEWAL_PATIENCE_MS;
    const ticket: Ticket = { priority, budgeted: true, decisive: true, waitUntil: clock.now() + patienceMs };
    const flight: Flight = { ticket, forgotten: false, result: land() };
    flights.set(key, flight);
    inBackground(flight.result.catch(() => {}));
    return flight;

    async function land(): Promise<Token> {
      await Promise.resolve(); // so that `flight` exists
      const requestedAt = clock.now();
      try {
        const issued = await gatewayOf(subject.tenant).mint(subject.lookup, ticket);
        const token = accept(key, subject, flight, issued, requestedAt);
        report({ type: 'minted', subject, priority: ticket.priority, durationMs: clock.now() - requestedAt });
        return token;
      } catch (error) {
        if (!flight.forgotten && error instanceof TokenError && ABOUT_THE_USER.has(error.code))
          remember(key, error);
        report({
          type: 'mint_failed',
          subject,
          priority: ticket.priority,
          durationMs: clock.now() - requestedAt,
          error,
        });
        throw error;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    }
  }

  /** Keeps a token that has just been minted, unless it must not be used. */
  function accept(
    key: string,
    subject: TokenSubject,
    flight: Flight,
    issued: IssuedToken,
    requestedAt: number,
  ): Token {
    if (flight.forgotten) {
      revoke(subject, issued.accessToken);
      throw superseded();
    }
    if (issued.subject !== undefined && isDenied(issued.subject)) {
      revoke(subject, issued.accessToken);
      throw new TokenError('user_denied', 'This user may not be impersonated.');
    }
    const token = keepToken(issued, requestedAt, refreshBeforeMs, random());
    if (remainingMs(token, clock.now()) < minRemainingMs) {
      const error = new TokenError(
        'tenant_bad_response',
        'Qlik Cloud’s tokens live too short to be handed out.',
      );
      remember(key, error);
      throw error;
    }
    tokens.set(key, token);
    refusals.delete(key);
    return token;
  }

  function remember(key: string, error: TokenError): void {
    refusals.set(key, { error, until: clock.now() + REFUSAL_REMEMBERED_MS });
  }

  function renewBehind(key: string, subject: TokenSubject, token: Token): void {
    if (flights.has(key)) return;
    inBackground(
      launch(key, subject, 'renewal').result.catch(() => {
        if (!holds(key, token)) return;
        tokens.set(key, { ...token, renewAt: clock.now() + RENEWAL_PATIENCE_MS * (0.5 + random()) });
      }),
    );
  }

  function sentence(key: string, subject: TokenSubject, token: Token, verdict: Verdict): void {
    if (verdict === 'refused' && holds(key, token)) tokens.delete(key);
    report({ type: 'rejection_judged', subject, verdict });
  }

  function revoke(subject: TokenSubject, accessToken: string): void {
    inBackground(
      gatewayOf(subject.tenant)
        .revoke(accessToken)
        .then((done) => report({ type: 'revoked', subject, done })),
    );
  }

  function inBackground(work: Promise<unknown>): void {
    background.add(work);
    void work.finally(() => background.delete(work));
  }

  function held(subject: TokenSubject): Token | undefined {
    const key = cacheKey(subject);
    const token = usable(key);
    if (token && clock.now() >= token.renewAt) renewBehind(key, subject, token);
    return token;
  }

  async function obtain(subject: TokenSubject, waiting: Waiting): Promise<Token> {
    const token = held(subject);
    if (token) return token;

    const key = cacheKey(subject);
    const refusal = refusals.get(key);
    if (refusal && clock.now() < refusal.until) throw refusal.error;

    const flight = flights.get(key) ?? launch(key, subject, 'user');
    gatewayOf(subject.tenant).promote(flight.ticket);
    const minted = await waitFor(flight.result, waiting, clock);
    if (forgotten.has(minted)) throw superseded();
    return minted;
  }

  return {
    held,
    obtain,

    async rejected(subject, waiting) {
      const key = cacheKey(subject);
      const token = usable(key);
      if (token) {
        const ask = () => gatewayOf(subject.tenant).judge(token.accessToken);
        await judgements.pass(key, ask, (verdict) => sentence(key, subject, token, verdict), waiting);
      }
      return obtain(subject, waiting);
    },

    forget(subject) {
      const key = cacheKey(subject);
      const token = tokens.peek(key);
      const flight = flights.get(key);
      tokens.delete(key);
      flights.delete(key);
      refusals.delete(key);
      judgements.forget(key);
      if (flight) flight.forgotten = true;
      if (token) {
        forgotten.add(token);
        revoke(subject, token.accessToken);
      }
    },

    get size() {
      return tokens.size;
    },

    async idle() {
      while (background.size > 0) await Promise.allSettled(background);
    },
  };
}

function superseded(): TokenError {
  return new TokenError('token_superseded', 'The token was revoked while it was being minted.');
}
