import { QlikError, type QlikErrorCode } from '../../qlik/errors.ts';

/** An error of the gate's that says when another try is worth while. */
export type Closure = QlikError & { readonly retryAfterMs: number };

export function closedFor(code: QlikErrorCode, message: string, retryAfterMs: number): Closure {
  return new QlikError(code, message, { retryAfterMs }) as Closure;
}

/** The tenant's rate limit is reached, or our own budget below it. */
export function throttled(retryAfterMs: number): Closure {
  return closedFor('throttled', 'the tenant’s rate limit is reached', retryAfterMs);
}

/** No permit came in time. */
export function tooSlow(): QlikError {
  return new QlikError('unavailable', 'the tenant is slow, and others were first');
}

/** The gate is closed for good: the tenant is no longer served, or the service stops. */
export function stopped(): QlikError {
  return new QlikError('unavailable', 'the connection to the tenant is closed');
}
