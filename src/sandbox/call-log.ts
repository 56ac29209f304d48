import { matchesPath } from './path-pattern.ts';

/** One request that the tenant was asked. No secret, no token, no query string. */
export interface Call {
  method: string;
  /** Without the query. */
  path: string;
  /** `grant_type` of a token request. */
  grantType?: string;
  /** Whom a token request asked for. */
  userLookup?: { field: string; value: string };
  /** Who called, as the token of the request says, even one that is revoked or has expired. */
  subject?: string;
  /** The origin of the page that called; absent for a server. */
  origin?: string;
  /** 0 as long as nothing was answered: for ever, after a reset or a hang. */
  status: number;
  /** When it came in, ms since epoch on the sandbox's clock. */
  at: number;
  /** When it was answered, on the same clock. */
  answeredAt?: number;
}

/** A call, and its number in the log; numbers only grow. */
export interface NumberedCall extends Call {
  number: number;
}

/** Which calls to count: all that is given must hold. `path` is exact, or a prefix that ends in `*`. */
export interface CallFilter {
  method?: string;
  path?: string;
  grantType?: string;
  /** The caller's subject. */
  subject?: string;
  /** The value of `user_lookup`. */
  lookup?: string;
  status?: number;
}

/** What the tenant was asked, in order of arrival, CORS preflights included, `/sandbox/…` left out. */
export interface CallLog {
  list(filter?: CallFilter): Call[];
  count(filter?: CallFilter): number;
  /** Those whose number is greater, the latest 500 of them. */
  after(number: number): NumberedCall[];
  clear(): void;
}

/** The log's other side. The entry that is recorded stays open: later steps of the request complete it. */
export interface CallRecorder extends CallLog {
  record(call: Call): Call;
}

const CAPACITY = 100_000;
const MOST_AT_ONCE = 500;

/** A log in memory that keeps at least the latest hundred thousand calls. */
export function createCallLog(): CallRecorder {
  let calls: Call[] = [];
  /** How many there were before the first that is kept. */
  let gone = 0;
  const list = (filter: CallFilter = {}) => calls.filter((call) => fits(call, filter));
  return {
    list: (filter) => list(filter).map((call) => ({ ...call })),
    count: (filter) => list(filter).length,
    after(number) {
      const first = Math.max(number - gone, calls.length - MOST_AT_ONCE, 0);
      return calls.slice(first).map((call, index) => ({ number: gone + first + index + 1, ...call }));
    },
    clear() {
      gone += calls.length;
      calls = [];
    },
    record(call) {
      if (calls.length >= 2 * CAPACITY) {
        gone += calls.length - CAPACITY;
        calls = calls.slice(-CAPACITY);
      }
      calls.push(call);
      return call;
    },
  };
}

function fits(call: Call, filter: CallFilter): boolean {
  return (
    (filter.method === undefined || filter.method === call.method) &&
    (filter.path === undefined || matchesPath(filter.path, call.path)) &&
    (filter.grantType === undefined || filter.grantType === call.grantType) &&
    (filter.subject === undefined || filter.subject === call.subject) &&
    (filter.lookup === undefined || filter.lookup === call.userLookup?.value) &&
    (filter.status === undefined || filter.status === call.status)
  );
}
