import type { CallLimits, Permit } from '../../../src/store/call-limits.ts';
import { createMemoryCallLimits } from '../../../src/store/memory/call-limits.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { createGateBench, type GateBench } from './gate-bench.ts';

/** The gate of one replica, with a store between it and the others that can fail. */
export interface Replica extends GateBench {
  /** Nothing of it reaches the store any more, and nothing reaches it. */
  die(): void;
  /** While true, the store cannot be reached from here. */
  storeAway: boolean;
  /** Questions to the limits so far. */
  readonly asked: number;
}

export interface ReplicasBench {
  readonly clock: ManualClock;
  readonly replicas: readonly [Replica, Replica, Replica];
}

export interface ReplicasOptions {
  readonly concurrency?: number;
  readonly rate?: { limit: number; windowMs: number };
  readonly permitMs?: number;
  /** How long a question takes on its way to the store, and the answer on its way back. */
  readonly wayMs?: number;
  /** Whether replicas hear of each other's changes. */
  readonly hears?: boolean;
}

/** Three replicas' gates over one set of limits, on a clock that the test moves. */
export function createReplicasBench({
  concurrency = 8,
  rate = { limit: 1_000_000, windowMs: 60_000 },
  permitMs = 10_000,
  wayMs = 0,
  hears = true,
}: ReplicasOptions = {}): ReplicasBench {
  const clock = createManualClock();
  const shared = createMemoryCallLimits({ now: clock.now, concurrency, rate, permitMs });
  const way = () => new Promise<void>((resolve) => (wayMs > 0 ? clock.after(wayMs, resolve) : resolve()));

  function createReplica(): Replica {
    const state = { dead: false, away: false, asked: 0 };
    const listeners: (() => void)[] = [];
    const tell = () => {
      if (!state.dead) for (const listener of listeners) listener();
    };
    if (hears) shared.onChange(tell);

    async function reach(): Promise<void> {
      await way();
      if (state.dead) await new Promise(() => {});
      if (state.away) throw new StoreUnavailableError();
    }

    function distant(permit: Permit): Permit {
      const send = (act: () => void) => {
        reach().then(act, () => {});
        tell();
      };
      return { release: () => send(permit.release), giveBack: () => send(permit.giveBack) };
    }

    const limits: CallLimits = {
      async enter(ask) {
        state.asked += 1;
        await reach();
        const answer = await shared.enter(ask);
        await way();
        return answer.permit ? { permit: distant(answer.permit) } : answer;
      },
      async closeFor(ms) {
        await reach();
        await shared.closeFor(ms);
      },
      onChange: (listener) => listeners.push(listener),
      async close() {},
    };

    return {
      ...createGateBench({ clock, limits }),
      die() {
        state.dead = true;
      },
      get storeAway() {
        return state.away;
      },
      set storeAway(away) {
        state.away = away;
      },
      get asked() {
        return state.asked;
      },
    };
  }

  return { clock, replicas: [createReplica(), createReplica(), createReplica()] };
}
