import { QlikError } from '../../src/qlik/errors.ts';
import type { UserLookup } from '../../src/qlik/oauth/impersonation.ts';
import type { TokenIssuer } from '../../src/qlik/oauth/token-issuer.ts';
import type { IssuedToken } from '../../src/qlik/oauth/token-response.ts';
import type { QlikIdentity } from '../../src/qlik/resources/users-me.ts';

/** A call that has reached the tenant. It stays open until the test, or the issuer's script, answers it. */
export interface FakeCall {
  readonly kind: 'mint' | 'accepts' | 'identify' | 'own' | 'revoke';
  /** The user's look-up value, or the token that the call is about. */
  readonly about: string;
  /** By the clock. */
  readonly at: number;
  readonly open: boolean;
  /** Answers as a healthy tenant does: with a token, "accepted", or "revoked". */
  succeed(issued?: Partial<IssuedToken>): void;
  fail(fault: QlikError): void;
  /** Answers 401 to the question whether a token is accepted. */
  deny(): void;
}

/** A tenant that a test scripts. Honours the abort signal, as the real one does. */
export interface FakeIssuer extends TokenIssuer {
  /** What is done with a call when it arrives; at first it succeeds at once. */
  script: (call: FakeCall) => void;
  readonly calls: readonly FakeCall[];
  /** Calls of one kind, perhaps about one user or token. */
  of(kind: FakeCall['kind'], about?: string): FakeCall[];
  /** The most calls that were open at once. */
  readonly mostOpen: number;
  /** Which user each token was issued for. */
  readonly owners: ReadonlyMap<string, string>;
}

export const SIX_HOURS_MS = 6 * 3_600_000;

/** Leaves calls open. */
export function hang(): void {}

export function createFakeIssuer(now: () => number): FakeIssuer {
  const calls: FakeCall[] = [];
  const owners = new Map<string, string>();
  let openCalls = 0;

  function receive<T>(
    kind: FakeCall['kind'],
    about: string,
    signal: AbortSignal,
    good: (issued: Partial<IssuedToken>) => T,
    bad?: T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let open = true;
      openCalls += 1;
      issuer.mostOpen = Math.max(issuer.mostOpen, openCalls);
      const end = (settle: () => void) => {
        if (!open) return;
        open = false;
        openCalls -= 1;
        settle();
      };
      const call: FakeCall = {
        kind,
        about,
        at: now(),
        get open() {
          return open;
        },
        succeed: (issued = {}) => end(() => resolve(good(issued))),
        fail: (fault) => end(() => reject(fault)),
        deny: () => end(() => resolve(bad as T)),
      };
      signal.addEventListener('abort', () => call.fail(new QlikError('unavailable', 'no answer (timeout)')));
      calls.push(call);
      issuer.script(call);
    });
  }

  function issue({ field, value }: UserLookup, issued: Partial<IssuedToken>): IssuedToken {
    const accessToken = issued.accessToken ?? `token-${owners.size + 1}`;
    owners.set(accessToken, value);
    return {
      scope: 'user_default',
      lifetimeMs: SIX_HOURS_MS,
      scopes: ['user_default'],
      subject: field === 'userId' ? value : `sub-${value}`,
      ...issued,
      accessToken,
    };
  }

  const issuer = {
    script: (call: FakeCall) => call.succeed(),
    calls,
    owners,
    mostOpen: 0,
    of: (kind: FakeCall['kind'], about?: string) =>
      calls.filter((call) => call.kind === kind && (about === undefined || call.about === about)),
    mint: (lookup: UserLookup, signal: AbortSignal) =>
      receive('mint', lookup.value, signal, (issued) => issue(lookup, issued)),
    accepts: (accessToken: string, signal: AbortSignal) =>
      receive<boolean>('accepts', accessToken, signal, () => true, false),
    identify: (accessToken: string, signal: AbortSignal) => {
      const user = owners.get(accessToken) ?? 'nobody';
      return receive<QlikIdentity>('identify', accessToken, signal, (told) => ({
        id: user,
        subject: `subject-of-${user}`,
        ...(told as QlikIdentity),
      }));
    },
    askForOwn: (signal: AbortSignal) => receive<void>('own', '', signal, () => undefined),
    revoke: (accessToken: string, signal: AbortSignal) =>
      receive<void>('revoke', accessToken, signal, () => undefined),
  };
  return issuer;
}

/** Faults as the Qlik adapter reports them. */
export const faults = {
  /** 401, and the body says nothing about the user. */
  unauthorized: () => new QlikError('refused', 'the tenant answered 401', { status: 401 }),
  /** RFC 6749's `invalid_client` and the like. */
  refusedClient: () =>
    new QlikError('refused', 'the tenant answered 401', { status: 401, namesClient: true }),
  forbidden: () => new QlikError('refused', 'the tenant answered 403', { status: 403 }),
  unknownUser: () => new QlikError('refused', 'the tenant answered 401', { status: 401, namesUser: true }),
  throttled: (retryAfterMs?: number) =>
    new QlikError('throttled', 'the tenant answered 429', {
      status: 429,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  /** 5xx: worth another try. */
  retryable: () => new QlikError('unavailable', 'the tenant answered 503', { status: 503, retryable: true }),
  /** No answer, and no use in trying again at once. */
  permanent: () => new QlikError('unavailable', 'no answer (timeout)', { retryable: false }),
  badResponse: () => new QlikError('bad_response', 'the tenant’s answer is not JSON'),
};
