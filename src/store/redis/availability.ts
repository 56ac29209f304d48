export interface AvailabilityDeps {
  /** Resolves when Redis would keep a small text. */
  readonly probe: () => Promise<unknown>;
  /** Told of each change: the error that it began with, or nothing when all is well again. */
  readonly onChange: (trouble?: Error) => void;
}

/**
 * Whether Redis does what it is asked. It is away from the first failure until a probe succeeds: with memory full, say,
 * reads go on, and each of them would otherwise count as the end of the trouble that each write begins anew.
 */
export interface Availability {
  failed(error: Error): void;
  close(): void;
}

const PROBE_EVERY_MS = 500;
/** Trouble that comes back within this time is probed more and more rarely: a log of its changes stays readable. */
const RELAPSE_MS = 60_000;
const MAX_RELAPSES = 7;

export function createAvailability({ probe, onChange }: AvailabilityDeps): Availability {
  let away = false;
  let closed = false;
  let relapses = 0;
  let recoveredAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function probeLater(ms: number): void {
    timer = setTimeout(async () => {
      const answers = await probe().then(
        () => true,
        () => false,
      );
      if (closed) return;
      if (!answers) return probeLater(PROBE_EVERY_MS);
      away = false;
      recoveredAt = performance.now();
      onChange();
    }, ms).unref();
  }

  return {
    failed(error) {
      if (away || closed) return;
      away = true;
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
