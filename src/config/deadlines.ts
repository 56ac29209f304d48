/** Spans of time that follow from `TOKEN_DEADLINE`, in milliseconds. Their order is what matters. */
export interface Deadlines {
  /** `/qlik-token` has answered after this time. A mint may wait for its permit as long. */
  readonly answerMs: number;
  /** A request waits no longer for a token: the answer still has to be sent. */
  readonly requestMs: number;
  /** One call to the tenant takes no longer: its failure can still be answered. */
  readonly callMs: number;
  /** One call to the users and groups APIs takes no longer: a mint has to follow. */
  readonly managementCallMs: number;
  /** A permit is free again in any case: every call has ended by then, or the replica that made it is gone. In whole ms. */
  readonly permitMs: number;
  /** Requests under way when the service stops have been answered by then. */
  readonly drainMs: number;
}

const REQUEST_SHARE = 0.95;
const CALL_SHARE = 0.75;
const MANAGEMENT_CALL_SHARE = 0.4;
const PERMIT_SHARE = 1.25;
/** To send an answer. */
const SEND_MS = 500;

export function deadlinesOf(tokenDeadlineMs: number): Deadlines {
  return {
    answerMs: tokenDeadlineMs,
    requestMs: tokenDeadlineMs * REQUEST_SHARE,
    callMs: tokenDeadlineMs * CALL_SHARE,
    managementCallMs: tokenDeadlineMs * MANAGEMENT_CALL_SHARE,
    permitMs: Math.ceil(tokenDeadlineMs * PERMIT_SHARE),
    drainMs: tokenDeadlineMs + SEND_MS,
  };
}
