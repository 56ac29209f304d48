import { isDeepStrictEqual } from 'node:util';
import type { Emit } from '../../events.ts';
import { isRefusal, toRedisError } from './redis-error.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';

export interface ServerWatchDeps {
  /** Asks the server for `INFO`. */
  readonly info: () => Promise<string>;
  /** Host and port. */
  readonly address: string;
  readonly emit: Emit;
}

/** Looks at which server a connection leads to, and tells what an operator wants to know of it when that is news. */
export interface ServerWatch {
  /** What the server said of itself when it was last looked at. */
  readonly facts: ServerFacts | undefined;
  /** At each connection: it may lead to another server than the last. Never rejects. */
  look(): Promise<void>;
}

const NO_EVICTION = 'noeviction';

export function createServerWatch({ info, address, emit }: ServerWatchDeps): ServerWatch {
  let facts: ServerFacts | undefined;
  let saysNothing = false;

  function tell({ software, evictionPolicy }: ServerFacts): void {
    emit({ type: 'store.connected', address, software, evictionPolicy });
    if (evictionPolicy !== undefined && evictionPolicy !== NO_EVICTION)
      emit({ type: 'store.may_evict', address, policy: evictionPolicy });
  }

  return {
    get facts() {
      return facts;
    },
    async look() {
      try {
        const found = readServerFacts(await info());
        if (isDeepStrictEqual(found, facts)) return;
        facts = found;
        tell(found);
      } catch (error) {
        const fault = toRedisError(error);
        if (!isRefusal(fault) || saysNothing) return;
        saysNothing = true;
        emit({ type: 'store.says_nothing', address, error: fault });
      }
    },
  };
}
