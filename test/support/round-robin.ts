import { decodeJwt } from 'jose';
import type { Replica } from './replicas.ts';

/** By `performance.now()`; what goes on ends at `Infinity`. */
export interface Span {
  readonly begunAt: number;
  readonly endedAt: number;
}

/** A session in one user's browser, which keeps its cookie until it is given another, even one that was taken away. */
export interface Visit {
  readonly user: string;
  cookie: string;
  /** From when its sign-out was asked for until that was answered. */
  logout?: Span;
}

/** What came of one request; times by `performance.now()`. */
export interface Answer {
  readonly visit: Visit;
  /** What it was asked for, such as `GET /qlik-token`. */
  readonly call: string;
  /** Who answered, after those that could not be reached. */
  readonly replica: string;
  readonly unreachable: number;
  readonly begunAt: number;
  /** When it was sent to the replica that answered. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0: nobody could be reached. */
  readonly status: number;
  readonly code?: string | undefined;
  readonly retryAfter: number;
  /** What became of the browser's cookie. */
  readonly cookie: 'kept' | 'renewed' | 'removed';
  readonly token?: string | undefined;
  /** The Qlik user whom the token names. */
  readonly tokenOf?: string | undefined;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  /** The one to ask; without it, whoever's turn it is. */
  readonly replica?: Replica;
}

/** Asks one replica after the other; when one cannot be reached or hangs up, the next, as a load balancer does. */
export interface RoundRobin {
  ask(visit: Visit, call: Call): Promise<Answer>;
}

/** Whoever is not answered by then is not answered at all. */
const PATIENCE_MS = 180_000;

export function createRoundRobin(
  replicas: readonly Replica[],
  onAnswer: (answer: Answer) => void,
): RoundRobin {
  let turn = 0;

  return {
    async ask(visit, call) {
      turn += 1;
      const inTurn = replicas.map((_, n) => replicas[(turn + n) % replicas.length] as Replica);
      const asked = { visit, call: `${call.method ?? 'GET'} ${call.path}` };
      const begunAt = performance.now();
      let answer: Answer | undefined;
      let unreachable = 0;
      for (const replica of call.replica ? [call.replica] : inTurn) {
        const sentAt = performance.now();
        answer = await send(visit, replica, call).then(
          (answered) => ({ ...asked, ...answered, begunAt, sentAt, replica: replica.name, unreachable }),
          () => undefined,
        );
        if (answer) break;
        unreachable += 1;
      }
      answer ??= { ...asked, ...nothing(), begunAt, sentAt: begunAt, replica: 'none', unreachable };
      onAnswer(answer);
      return answer;
    },
  };
}

function nothing() {
  return {
    endedAt: performance.now(),
    status: 0,
    code: 'unreachable',
    retryAfter: 0,
    cookie: 'kept',
  } as const;
}

function fateOf(response: Response, visit: Visit): Answer['cookie'] {
  const [header] = response.headers.getSetCookie();
  if (header === undefined) return 'kept';
  if (/max-age=0/i.test(header)) return 'removed';
  visit.cookie = header.split(';', 1)[0] as string;
  return 'renewed';
}

async function send(visit: Visit, replica: Replica, { method = 'GET', path, body }: Call) {
  const response = await fetch(replica.url + path, {
    method,
    headers: {
      'x-csrf': '1',
      ...(visit.cookie && { cookie: visit.cookie }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  const { code, access_token: token } = text.startsWith('{') ? JSON.parse(text) : {};
  return {
    endedAt: performance.now(),
    status: response.status,
    code,
    retryAfter: Number(response.headers.get('retry-after')),
    cookie: fateOf(response, visit),
    token,
    tokenOf: token && decodeJwt(token).sub,
  };
}
