import { BrokerError } from '../errors.ts';

/**
 * - `refused`: 400, 401 or 403 — the client or the user is not acceptable
 * - `throttled`: the tenant's rate limit, or our own budget below it
 * - `unavailable`: no answer, or a 5xx
 * - `bad_response`: an answer that is not Qlik's
 */
export type QlikErrorCode = 'refused' | 'throttled' | 'unavailable' | 'bad_response';

export interface QlikErrorDetails {
  readonly status?: number;
  /** The answer is about the user, not about the client. */
  readonly namesUser?: boolean;
  /** The answer is about the client for certain (RFC 6749 §5.2). */
  readonly namesClient?: boolean;
  /** Worth another try at once. */
  readonly retryable?: boolean;
  /** Error codes and the trace id of the answer; nothing else of it, since it may repeat what was sent. */
  readonly upstream?: { readonly codes: readonly string[]; readonly traceId?: string };
}

export interface QlikErrorOptions extends QlikErrorDetails {
  readonly cause?: unknown;
  /** How long the tenant asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** A call to Qlik Cloud that did not bring what was asked for. Holds nothing secret. */
export class QlikError extends BrokerError<QlikErrorCode> {
  declare readonly details: QlikErrorDetails;

  constructor(
    code: QlikErrorCode,
    message: string,
    { cause, retryAfterMs, ...details }: QlikErrorOptions = {},
  ) {
    super(code, message, { cause, retryAfterMs, details });
  }
}
