export interface BrokerErrorOptions {
  readonly cause?: unknown;
  /** When another try is worth while, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What the log may show besides code and message. */
  readonly details?: object | undefined;
}

/**
 * An error of this project's own. Its message and details are made of safe parts only, so that a log may show them; of
 * any other error it may not. `code` is what callers decide by; `http/problem.ts` says which codes are answers.
 */
export abstract class BrokerError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryAfterMs: number | undefined;
  readonly details: object | undefined;

  constructor(code: Code, message: string, { cause, retryAfterMs, details }: BrokerErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}
