import { randomUUID } from 'node:crypto';
import { matchesPath } from './path-pattern.ts';

/** What goes wrong. Sizes in bytes, times in milliseconds. */
export type FaultEffect =
  /** The request is served, but later. */
  | { type: 'latency'; delayMs: number }
  /**
   * Another answer. A string body is sent as it is (`text/plain` unless `contentType` says otherwise), anything
   * else as JSON; without a body, Qlik's error for the status. `Retry-After` comes only when `headers` has it.
   */
  | { type: 'status'; status: number; headers?: Record<string, string>; body?: unknown; contentType?: string }
  /** The connection is reset (TCP RST) without an answer. */
  | { type: 'reset' }
  /** No answer, ever. */
  | { type: 'hang' }
  /** A 200 whose body comes one byte at a time, every `everyMs` (100), for ever. */
  | { type: 'drip'; everyMs?: number }
  /** A 200 whose body never ends, as fast as it is read. */
  | { type: 'endless' }
  /** A 200 with a valid JSON body of exactly this size. */
  | { type: 'huge'; bytes: number }
  /** A 200 with `content-encoding: gzip` that unpacks to valid JSON of exactly this size. */
  | { type: 'gzipBomb'; bytes: number }
  /** A 200 that promises more bytes than come before the connection closes. */
  | { type: 'truncated' }
  /** A token answer with `access_token` twice: first the right one, then one whose signature is broken. */
  | { type: 'duplicateKeys' }
  /** A token answer with these keys replaced; null deletes a key. */
  | { type: 'tokenAnswer'; patch: Record<string, unknown> }
  /** A token whose claims are replaced before it is signed; null deletes a claim. */
  | { type: 'jwtClaims'; patch: Record<string, unknown> };

/** Which requests a fault concerns: all that is given must hold. `path` is exact, or a prefix that ends in `*`. */
export interface FaultMatch {
  /** CORS preflights are matched only by the method OPTIONS, so that a fault meets the request itself. */
  method?: string;
  path?: string;
  grantType?: string;
  /** The value of `user_lookup`. */
  subject?: string;
}

/** A fault to add. It stays for so many requests and so many milliseconds; without both, until it is cleared. */
export interface Fault {
  match: FaultMatch;
  times?: number;
  forMs?: number;
  effect: FaultEffect;
}

/** A fault that is in force. `remaining` counts down from `times`. */
export interface ActiveFault extends Fault {
  id: string;
  remaining?: number;
  /** By the tenant's clock, in ms since epoch. */
  until?: number;
}

/** The faults of one tenant; the control endpoint `/sandbox/faults` drives the same thing. */
export interface Faults {
  add(fault: Fault): ActiveFault;
  list(): ActiveFault[];
  /** Ends one fault, or all of them. Requests that already hang go on hanging. */
  clear(id?: string): void;
}

/** What a fault looks at in a request. */
export interface FaultTarget {
  method: string;
  path: string;
  grantType?: string;
  userLookup?: { value: string };
}

/** The faults' other side. */
export interface FaultSource extends Faults {
  /**
   * The effects that this request meets, oldest fault first, each counted. Delays and changes of a token add up;
   * the list ends with the first effect that answers in the tenant's place.
   */
  take(target: FaultTarget): FaultEffect[];
}

const TOKEN_EFFECTS = new Set(['duplicateKeys', 'tokenAnswer', 'jwtClaims']);

/** No faults yet. */
export function createFaults(now: () => number): FaultSource {
  const active = new Map<string, ActiveFault>();

  function dropEnded(): void {
    for (const { id, until = Number.POSITIVE_INFINITY } of active.values())
      if (until <= now()) active.delete(id);
  }

  return {
    add(fault) {
      const { times, forMs } = fault;
      const added: ActiveFault = {
        ...fault,
        id: randomUUID(),
        ...(times !== undefined && { remaining: times }),
        ...(forMs !== undefined && { until: now() + forMs }),
      };
      active.set(added.id, added);
      return { ...added };
    },
    list() {
      dropEnded();
      return [...active.values()].map((fault) => ({ ...fault }));
    },
    clear(id) {
      if (id === undefined) active.clear();
      else active.delete(id);
    },
    take(target) {
      dropEnded();
      const effects: FaultEffect[] = [];
      for (const fault of active.values()) {
        if (!concerns(fault, target)) continue;
        if (fault.remaining !== undefined) {
          fault.remaining -= 1;
          if (fault.remaining <= 0) active.delete(fault.id);
        }
        effects.push(fault.effect);
        if (answers(fault.effect)) break;
      }
      return effects;
    },
  };
}

/** Whether the effect answers in the tenant's place, so that the request goes no further. */
export function answers(effect: FaultEffect): boolean {
  return effect.type !== 'latency' && !TOKEN_EFFECTS.has(effect.type);
}

function concerns({ match, effect }: Fault, target: FaultTarget): boolean {
  const isTokenRequest = target.method === 'POST' && target.path === '/oauth/token';
  return (
    (!TOKEN_EFFECTS.has(effect.type) || isTokenRequest) &&
    (match.method === undefined ? target.method !== 'OPTIONS' : match.method === target.method) &&
    (match.path === undefined || matchesPath(match.path, target.path)) &&
    (match.grantType === undefined || match.grantType === target.grantType) &&
    (match.subject === undefined || match.subject === target.userLookup?.value)
  );
}
