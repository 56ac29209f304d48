import type { RedisError } from './redis-error.ts';

export interface AvailabilityDeps {
  /** Resolves when Redis does all that it is asked; rejects with the reason why not. */
  readonly probe: () => Promise<unknown>;
  /** Told of each change: the error that it began with, or nothing when all is well again. */
  readonly onChange: (trouble?: RedisError) => void;
  /** Told, while it lasts, of each other answer that Redis gives, once. */
  readonly onOtherReason: (trouble: RedisError) => void;
}

/**
 * Whether Redis does what it is asked. It is away from the first failure until a probe succeeds: with memory full, say,
 * reads go on, and each of them would otherwise count as the end of the trouble that each write begins anew.
 */
export interface Availability {
  failed(error: RedisError): void;
  close(): void;
}

const PROBE_EVERY_MS = 500;
/** Trouble that comes back within this time is probed more and more rarely: a log of its changes stays readable. */
const RELAPSE_MS = 60_000;
const MAX_RELAPSES = 7;

export function createAvailability({ probe, onChange, onOtherReason }: AvailabilityDeps): Availability {
  /** The codes that were told since it began; undefined while all is well. */
  let told: Set<string> | undefined;
  let closed = false;
  let relapses = 0;
  let recoveredAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function probeLater(ms: number): void {
    timer = setTimeout(async () => {
      const trouble = await probe().then(
        () => undefined,
        (error: RedisError) => error,
      );
      if (closed) return;
      if (trouble) {
        tellOther(trouble);
        return probeLater(PROBE_EVERY_MS);
      }
      told = undefined;
      recoveredAt = performance.now();
      onChange();
    }, ms).unref();
  }

  function tellOther(error: RedisError): void {
    if (!error.isAnswer || told?.has(error.code) !== false) return;
    told.add(error.code);
    onOtherReason(error);
  }

  return {
    failed(error) {
      if (closed) return;
      if (told) return tellOther(error);
      told = new Set([error.code]);
      relapses = performance.now() - recoveredAt < RELAPSE_MS ? Math.min(relapses + 1, MAX_RELAPSES) : 0;
      onChange(error);
      probeLater(PROBE_EVERY_MS * 2 ** relapses);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
