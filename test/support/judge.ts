import type { Answer, Span } from './round-robin.ts';

/** All tokens that there were when it began, or those of one user, are for nobody any more when it has ended. */
export interface Revocation extends Span {
  /** Without it, everybody's. */
  readonly user?: string;
}

export interface Facts {
  readonly answers: readonly Answer[];
  readonly revocations: readonly Revocation[];
  /** The portal users by their ids at the tenant. */
  readonly users: ReadonlyMap<string, string>;
  /** When the first chapter of the timeline begins. */
  readonly begunAt: number;
}

/** What must never happen, whatever happens to replicas and to Redis: a line for each answer that breaks a rule. */
export function judge(facts: Facts): string[] {
  const { answers, revocations, users } = facts;
  const firstSeen = firstSeenAt(answers);
  return answers.flatMap((answer) =>
    [
      carriesAnother(answer, users),
      breaksASession(answer),
      survivesASignOut(answer),
      carriesARevoked(answer, revocations, firstSeen),
      saysSomethingElse(answer),
    ]
      .filter((fault) => fault !== undefined)
      .map((fault) => `${fault}: ${describe(answer, facts)}`),
  );
}

/** When each token was handed out first. */
export function firstSeenAt(answers: readonly Answer[]): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { token, endedAt } of answers)
    if (token !== undefined) seen.set(token, Math.min(endedAt, seen.get(token) ?? endedAt));
  return seen;
}

/** Whether the answer may have waited for the tenant: the user had no token, or none that counts, when it was asked for. */
export function mayMint({ visit, begunAt, endedAt }: Answer, { answers, revocations }: Facts): boolean {
  return !answers.some(
    (earlier) =>
      earlier.token !== undefined &&
      earlier.visit.user === visit.user &&
      earlier.endedAt < begunAt &&
      !revocations.some(
        ({ user = visit.user, ...span }) =>
          user === visit.user && earlier.sentAt < span.endedAt && endedAt > span.begunAt,
      ),
  );
}

function carriesAnother({ tokenOf, visit }: Answer, users: Facts['users']): string | undefined {
  return tokenOf !== undefined && users.get(tokenOf) !== visit.user ? 'another user’s token' : undefined;
}

function breaksASession({ status, cookie, endedAt, visit, call }: Answer): string | undefined {
  const hasSignedOut = visit.logout !== undefined && endedAt > visit.logout.begunAt;
  if (status === 401 && !hasSignedOut) return 'signed out without having asked for it';
  const isMeant = status === 401 || (status === 200 && call === 'POST /logout');
  return cookie === 'removed' && !isMeant ? 'the cookie is gone' : undefined;
}

function survivesASignOut({ status, begunAt, visit, call }: Answer): string | undefined {
  const isOver = visit.logout !== undefined && begunAt > visit.logout.endedAt;
  return isOver && status !== 401 && status !== 503 && call !== 'POST /logout'
    ? 'a sign-out does not hold'
    : undefined;
}

function carriesARevoked(
  { token, begunAt, visit }: Answer,
  revocations: readonly Revocation[],
  firstSeen: Map<string, number>,
): string | undefined {
  if (token === undefined) return undefined;
  const seenAt = firstSeen.get(token) as number;
  return revocations.some(
    ({ user = visit.user, ...span }) =>
      user === visit.user && seenAt < span.begunAt && begunAt > span.endedAt,
  )
    ? 'a revoked token'
    : undefined;
}

function saysSomethingElse({ status, retryAfter }: Answer): string | undefined {
  if (status === 503) return retryAfter >= 1 ? undefined : 'no Retry-After';
  return [200, 204, 401].includes(status) ? undefined : 'no answer of the kind';
}

function describe(
  { visit, call, replica, begunAt, sentAt, endedAt, status, code }: Answer,
  facts: Facts,
): string {
  const at = ((begunAt - facts.begunAt) / 1_000).toFixed(1);
  return `${at} s, ${visit.user}, ${call} at ${replica}: ${status} ${code ?? ''} after ${Math.round(endedAt - sentAt)} ms`;
}
