import autocannon from 'autocannon';
import { percentile } from './statistics.ts';

/** As many as the table in docs/performance.md is about. */
export const CONNECTIONS = 64;

/** What a page's own script sends; the same to every server. */
export const pageHeaders = {
  accept: 'application/json',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'x-csrf': '1',
} as const;

/** For how long load is made, or until there are how many answers. */
export type Until = { readonly seconds: number } | { readonly answers: number };

export interface LoadOptions {
  readonly url: string;
  /** `Cookie` headers; the connections share them out and send theirs in turn. */
  readonly cookies: readonly string[];
  readonly until: Until;
  /** Requests a second; without it, as many as the server takes. */
  readonly rate?: number;
  /** Time that the server has spent on a processor so far, in milliseconds. */
  readonly processorMs?: () => number | undefined;
}

/** Of all answers but each connection's first, which pays for the connection. */
export interface LoadResult {
  readonly answers: number;
  readonly perSecond: number;
  /** Time on the server's processor for an answer, in microseconds; undefined where nobody could say. */
  readonly processorMicros: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, broken connections, timeouts, and requests that were never answered. Figures with any of these mean nothing. */
  readonly failures: number;
}

/** Asks for `url` over 64 connections, each with one request under way, and times every answer. */
export async function load({ url, cookies, until, rate, processorMs }: LoadOptions): Promise<LoadResult> {
  const shares = Array.from({ length: CONNECTIONS }, (_, connection) =>
    cookies.filter((_cookie, index) => index % CONNECTIONS === connection % cookies.length),
  );
  const timesMs: number[] = [];
  let answered = 0;
  let startedAt = 0;
  let lastAt = 0;
  let processorBefore: number | undefined;
  let nextShare = 0;
  let sent = 0;

  // Polls instead of sleeping: to wake this process would cost the server time, and a slower server more often.
  let running = true;
  function poll(): void {
    if (running) setImmediate(poll);
  }
  poll();

  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(
      {
        url,
        connections: CONNECTIONS,
        ...('seconds' in until
          ? { duration: until.seconds }
          : { amount: Math.max(CONNECTIONS, until.answers) }),
        sampleInt: 100,
        headers: pageHeaders,
        ...(rate !== undefined && { overallRate: rate, ignoreCoordinatedOmission: true }),
        setupClient(client) {
          const emitter: NodeJS.EventEmitter = client;
          emitter.on('request', () => {
            sent += 1;
          });
          const share = shares[nextShare++ % CONNECTIONS] ?? [];
          client.setRequests(share.map((cookie) => ({ method: 'GET', headers: { ...pageHeaders, cookie } })));
        },
      },
      (error: unknown, done: autocannon.Result) => (error ? reject(error) : resolve(done)),
    );
    run.on('response', (_client, _status, _bytes, timeMs) => {
      lastAt = performance.now();
      answered += 1;
      if (answered > CONNECTIONS) timesMs.push(timeMs);
      if (answered !== CONNECTIONS) return;
      startedAt = lastAt;
      processorBefore = processorMs?.();
    });
  }).finally(() => {
    running = false;
  });

  const processorAfter = processorMs?.();
  // One on each connection was still under way at the end.
  const unanswered = Math.max(0, sent - answered - result.errors - CONNECTIONS);
  return {
    answers: timesMs.length,
    perSecond: (timesMs.length / (lastAt - startedAt)) * 1_000,
    processorMicros:
      processorBefore === undefined || processorAfter === undefined
        ? undefined
        : ((processorAfter - processorBefore) / timesMs.length) * 1_000,
    p50Ms: percentile(timesMs, 0.5),
    p99Ms: percentile(timesMs, 0.99),
    failures: result.errors + result.non2xx + unanswered,
  };
}
