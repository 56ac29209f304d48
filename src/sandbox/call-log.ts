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
  /** Who called, as the token of the request says. */
  subject?: string;
  /** 0 as long as nothing was answered: for ever, after a reset or a hang. */
  status: number;
  /** When it came in, ms since epoch on the sandbox's clock. */
  at: number;
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
  clear(): void;
}

/** The log's other side. The entry that is recorded stays open: later steps of the request complete it. */
export interface CallRecorder extends CallLog {
  record(call: Call): Call;
}

const CAPACITY = 100_000;

/** A log in memory that keeps at least the latest hundred thousand calls. */
export function createCallLog(): CallRecorder {
  let calls: Call[] = [];
  const list = (filter: CallFilter = {}) => calls.filter((call) => fits(call, filter));
  return {
    list: (filter) => list(filter).map((call) => ({ ...call })),
    count: (filter) => list(filter).length,
    clear() {
      calls = [];
    },
    record(call) {
      if (calls.length >= 2 * CAPACITY) calls = calls.slice(-CAPACITY);
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
