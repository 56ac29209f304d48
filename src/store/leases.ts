/**
 * The right to do something alone, of all replicas, for a limited time. Nobody else has it until its holder releases it
 * or the time is over, whichever comes first: a replica that is killed keeps nothing for itself.
 *
 * Names show in the store as they are. Each call rejects with a `StoreUnavailableError` when the store cannot be reached.
 */
export interface Leases {
  /** Undefined, at once, while somebody has it. `forMs` is more than nothing, in whole milliseconds. */
  take(name: string, forMs: number): Promise<Lease | undefined>;
  /**
   * Resolves as soon as nobody has the lease, or after `withinMs`, whether anybody has it or not. Whoever waits is told
   * of a release; one that could not be told is noticed a little later. Rejects with the reason of an aborted signal.
   */
  ended(name: string, withinMs: number, signal?: AbortSignal): Promise<void>;
  /** Releases what this process has, and ends its waits. */
  close(): Promise<void>;
}

/** A lease that was taken. */
export interface Lease {
  /** Gives it back, if it is still the holder's, and tells those who wait. What fails is tried again until it works. */
  release(): Promise<void>;
}
