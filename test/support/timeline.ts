import { type Facts, firstSeenAt, mayMint } from './judge.ts';
import type { Answer } from './round-robin.ts';

/** What was done, and when it began; by `performance.now()`. */
export interface Chapter {
  readonly title: string;
  readonly begunAt: number;
}

/** What was answered to what was asked in a chapter. */
export interface Row {
  /** Seconds. */
  readonly at: string;
  readonly requests: number;
  readonly ok: number;
  readonly signedOut: number;
  /** 503 because of Redis. */
  readonly away: number;
  /** 503 because of anything else. */
  readonly unavailable: number;
  /** Not answered by the replica whose turn it was. */
  readonly passedOn: number;
  readonly newTokens: number;
  /** Of those that did not have to wait for the tenant. */
  readonly longestMs: number;
  readonly longestMintMs: number;
  readonly title: string;
}

export function timeline(chapters: readonly Chapter[], facts: Facts): Row[] {
  const firstSeen = [...firstSeenAt(facts.answers).values()];
  return chapters.map(({ title, begunAt }, n) => {
    const endsAt = chapters[n + 1]?.begunAt ?? Number.POSITIVE_INFINITY;
    const isWithin = (time: number) => time >= begunAt && time < endsAt;
    const within = facts.answers.filter((answer) => isWithin(answer.begunAt));
    const count = (matches: (answer: Answer) => boolean) => within.filter(matches).length;
    const minting = new Set(within.filter((answer) => mayMint(answer, facts)));
    return {
      at: ((begunAt - facts.begunAt) / 1_000).toFixed(1),
      requests: within.length,
      ok: count(({ status }) => status === 200 || status === 204),
      signedOut: count(({ status }) => status === 401),
      away: count(({ code }) => code === 'store_unavailable'),
      unavailable: count(({ status, code }) => status === 503 && code !== 'store_unavailable'),
      passedOn: count(({ unreachable }) => unreachable > 0),
      newTokens: firstSeen.filter(isWithin).length,
      longestMs: longest(within.filter((answer) => !minting.has(answer))),
      longestMintMs: longest([...minting]),
      title,
    };
  });
}

/** The lines of a table with a head. */
export function tableOf(rows: readonly Row[]): string[] {
  const [first] = rows;
  const cells = [Object.keys(first ?? {}), ...rows.map((row) => Object.values(row).map(String))];
  return cells.map((line) => line.map((cell, n) => cell.padStart((cells[0]?.[n] ?? '').length)).join(' | '));
}

function longest(answers: readonly Answer[]): number {
  return Math.max(0, ...answers.map(({ sentAt, endedAt }) => Math.round(endedAt - sentAt)));
}
