import { BrokerError } from '../errors.ts';

/** How long a record lives: until it was unused for `idleMs`, and never longer than `lifetimeMs`. */
export interface Limits {
  readonly idleMs: number;
  readonly lifetimeMs: number;
  /** `endAll` ends it. */
  readonly endsWithAll?: true;
  /** It is kept though the store has no memory left for others: small, short-lived, and needed to sign somebody out. */
  readonly evenWhenFull?: true;
}

/** How a partition's generation ends. */
export interface Advance {
  /** Key of the record that was put for the partition: what it held is told. */
  readonly dependent: string;
  /** How long the new generation is kept: longer than whatever was made under an earlier one may live. */
  readonly forMs: number;
}

/** A generation that has begun. */
export interface Advanced {
  readonly generation: string;
  /** What the dependent record held, if it counted until then. */
  readonly value: string | undefined;
}

/** What a record that was put depends on. */
export interface PutOptions {
  readonly lifetimeMs: number;
  readonly partition: string;
  /** That of the partition under which the value was made. */
  readonly generation: string;
}

/** A record as it is read. */
export interface StoredRecord {
  readonly value: string;
  /** Changes with each write; `replace` needs the one that was read. */
  readonly revision: number;
  /** Until the record ends if nobody uses it. */
  readonly idleRemainingMs: number;
  /** Until the record ends in any case. */
  readonly remainingMs: number;
  /** Of the record's partition, as it is now. */
  readonly generation: string;
}

/** What has become of a partition whose record was removed. */
export interface Removed {
  /** How many records it still has. */
  readonly left: number;
  /** When it was the last: the generation that has begun. */
  readonly advanced?: Advanced | undefined;
}

/**
 * Where replicas share state: small texts under a key, with limits that the store itself enforces and a partition (the
 * records of one user) in which they can be counted and removed together.
 *
 * A record exists only between `create` or `put` and the first of `remove`, `removePartition`, `trimPartition`, `endAll`
 * and its limits. No other call brings one into being, so what has been removed stays removed, whatever was in flight.
 *
 * A partition also has a generation, which outlives its records. What is made for its user counts only while that stands:
 * `put` keeps nothing that was made under an earlier one, and `advance` ends all that was.
 *
 * Each call takes effect as one step. Each rejects with a `StoreUnavailableError` when the store cannot be reached.
 * A key and its partition share what stands between their first `{` and `}` (the hash tag of a Redis Cluster).
 */
export interface RecordStore {
  /** A record, counted in its partition. Resolves to false, and changes nothing, when the key is taken. */
  create(key: string, value: string, limits: Limits, partition: string): Promise<boolean>;
  /**
   * A record, whatever the key held before, that depends on the partition without being one of those that are counted and
   * removed with it. Resolves to false, and changes nothing, when the partition has another generation by now.
   */
  put(key: string, value: string, options: PutOptions): Promise<boolean>;
  /** The record, without counting as use. */
  peek(key: string): Promise<StoredRecord | undefined>;
  /** The record, counted as use: its idle limit starts anew. The answer shows the limits after that. */
  use(key: string): Promise<StoredRecord | undefined>;
  /** Another value for the record at `revision`; its limits stay. False when it is gone or was written meanwhile. */
  replace(key: string, value: string, revision: number): Promise<boolean>;
  /**
   * Removes a record; undefined when there was none. With `advance`, the last one of a partition takes the generation with
   * it: nobody comes between the two.
   */
  remove(key: string, advance?: Advance): Promise<Removed | undefined>;
  /** Removes all records of the partition and gives it another generation, at once. How many records those were. */
  removePartition(partition: string, advance: Advance): Promise<{ removed: number; advanced: Advanced }>;
  /** Removes the oldest records of the partition until it has no more than `max`. */
  trimPartition(partition: string, max: number): Promise<{ removed: number; left: number }>;
  /** The partition's generation; the empty text before the first `advance`. */
  generation(partition: string): Promise<string>;
  /** Gives the partition a generation that it never had. */
  advance(partition: string, advance: Advance): Promise<Advanced>;
  /** The same if it has no records; else nothing happens. */
  advanceEmpty(partition: string, advance: Advance): Promise<Advanced | undefined>;
  /** Gives every partition, also those that have none yet, a generation that it never had, and keeps it for so long. */
  advanceAll(forMs: number): Promise<void>;
  /** Ends all records that were created to end with all; `forMs`: longer than any of them may live. */
  endAll(forMs: number): Promise<void>;
  /** Resolves when the store does what it is for; `full`: what is there is kept and used, and nothing new is kept. */
  check(): Promise<'ok' | 'full'>;
  close(): Promise<void>;
}

/** The store cannot be reached or does not answer. The message is safe to show. */
export class StoreUnavailableError extends BrokerError<'store_unavailable'> {
  constructor(options?: { cause?: unknown }) {
    super('store_unavailable', 'the session store is not available', options);
  }
}
