/**
 * Who goes first: somebody waits for a token; somebody waits to be found or created; a token is renewed in time; a token
 * that a page calls rejected is judged; a token is revoked, which can only be tried.
 */
export type Priority = 'user' | 'directory' | 'renewal' | 'judgement' | 'revocation';

/** What a call brings to the queue in front of the tenant. */
export interface Ticket {
  priority: Priority;
  /** Counts towards the budget (Qlik Cloud's tier 2). */
  readonly budgeted: boolean;
  /** For a user for whom nothing was minted yet: perhaps a stranger to the tenant. */
  isNewcomer?: boolean;
  /** Its outcome opens and closes the circuit. */
  readonly decisive: boolean;
  /** By the clock; later, the call is not made any more. */
  readonly deadline: number;
}

/**
 * The one way to a tenant: so many calls at once, so many a minute, and none while it asks to be left alone, all replicas
 * together.
 */
export interface Gate {
  /**
   * Makes the call once it has a permit. Rejects with the call's `QlikError`, or with one of its own, `throttled` or
   * `unavailable`, as soon as it is clear that it will not get one before its deadline. While the tenant is left alone,
   * only revocations wait. `obstacle` is asked before the wait and again with the permit at hand: an error ends the wait
   * without a call.
   *
   * Without the store that replicas share nobody knows what they use together: a call that somebody waits for rejects
   * with its `StoreUnavailableError`, others wait.
   */
  run<T>(call: () => Promise<T>, ticket: Ticket, obstacle?: () => Error | undefined): Promise<T>;
  /** Somebody waits now for a call that was queued as a renewal. */
  promote(ticket: Ticket): void;
  /** Whoever waits is refused, nobody is admitted any more, and no timer or subscription is left. */
  close(): Promise<void>;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** Whether calls are made at all. */
  readonly healthy: boolean;
  readonly state: GateState;
}

export interface GateState {
  /** Calls of this replica under way. */
  readonly running: number;
  /** Calls of this replica in the queue. */
  readonly waiting: number;
  /** The tenant asks us to wait, as far as this replica has heard. */
  readonly throttled: boolean;
  /** The tenant is in trouble, and spared. */
  readonly circuitOpen: boolean;
}
