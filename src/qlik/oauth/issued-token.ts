import type { UserLookup } from '../../token/token-key.ts';

/** A token as the tenant issued it. */
export interface IssuedToken {
  /** Of the characters of a bearer token only (RFC 6750 §2.1). */
  readonly accessToken: string;
  readonly scope: string;
  /** From the moment of the request on; already made safe. */
  readonly lifetimeMs: number;
  /** The token's `sub`, when it can be read. */
  readonly subject: string | undefined;
}

/** The calls about tokens that one tenant takes. Each rejects with a `QlikError`. */
export interface TokenIssuer {
  /** A token with which the page acts as that user. */
  mint(lookup: UserLookup, signal: AbortSignal): Promise<IssuedToken>;
  /** Whether the tenant takes the token: false only for its 401. */
  accepts(accessToken: string, signal: AbortSignal): Promise<boolean>;
  /** Makes the tenant refuse the token from now on (RFC 7009). */
  revoke(accessToken: string, signal: AbortSignal): Promise<void>;
}

/**
 * - `refused`: 400, 401 or 403 — the client or the user is not acceptable
 * - `throttled`: the tenant's rate limit, or our own budget below it
 * - `unavailable`: no answer, or a 5xx
 * - `bad_response`: an answer that is not Qlik's
 */
export type QlikErrorKind = 'refused' | 'throttled' | 'unavailable' | 'bad_response';

export interface QlikErrorDetails {
  readonly status?: number;
  /** The answer is about the user, not about the client. */
  readonly namesUser?: boolean;
  /** How long the tenant asks to be left alone. */
  readonly retryAfterMs?: number;
  /** Worth another try at once. */
  readonly retryable?: boolean;
  /** Error codes and the trace id of the answer; nothing else of it, since it may repeat what was sent. */
  readonly upstream?: { readonly codes: readonly string[]; readonly traceId?: string };
  readonly cause?: unknown;
}

/** A call that did not bring what was asked for. Holds nothing secret. */
export class QlikError extends Error {
  readonly kind: QlikErrorKind;
  readonly details: Omit<QlikErrorDetails, 'cause'>;

  constructor(kind: QlikErrorKind, message: string, { cause, ...details }: QlikErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'QlikError';
    this.kind = kind;
    this.details = details;
  }
}
