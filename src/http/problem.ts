import * as v from 'valibot';
import { BrokerError } from '../errors.ts';
import { WriteConflictError } from '../session/sessions.ts';

/** The stable codes of problem answers, with status and title. `docs/http-api.md` explains each. */
export const problems = {
  bad_request: [400, 'The request cannot be understood'],
  session_required: [401, 'Sign in first'],
  session_expired: [401, 'The session has ended'],
  assertion_invalid: [401, 'The assertion is not accepted'],
  admin_token_required: [401, 'The admin token is missing or wrong'],
  cross_site_refused: [403, 'This page may not call'],
  sign_in_not_allowed: [403, 'This account may not use this service'],
  user_not_mapped: [403, 'No user in Qlik Cloud'],
  user_ambiguous: [403, 'Several users in Qlik Cloud'],
  user_disabled: [403, 'The user in Qlik Cloud is disabled'],
  user_denied: [403, 'This user may not be impersonated'],
  tenant_unknown: [403, 'No such tenant here'],
  not_found: [404, 'There is nothing here'],
  method_not_allowed: [405, 'Not with this method'],
  body_too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The body’s type is not supported'],
  headers_too_large: [431, 'The head of the request is too large'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Something went wrong here'],
  tenant_refused_client: [502, 'Qlik Cloud refuses this service'],
  tenant_bad_response: [502, 'Qlik Cloud’s answer cannot be used'],
  idp_bad_response: [502, 'This sign-in is not set up correctly'],
  tenant_throttled: [503, 'Qlik Cloud asks us to wait'],
  tenant_unavailable: [503, 'Qlik Cloud does not answer'],
  idp_unavailable: [503, 'The identity provider is not available'],
  store_unavailable: [503, 'The session store does not answer'],
  overloaded: [503, 'Too much at once'],
  shutting_down: [503, 'This replica is stopping'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof problems;

/** A request that gets a problem answer. The message is its `detail` and safe to show. */
export class HttpProblem extends BrokerError<ProblemCode> {}

/** The members of a problem answer: those of RFC 9457, and ours. */
export const problemSchema = v.strictObject({
  type: v.literal('about:blank'),
  title: v.string(),
  status: v.number(),
  code: v.picklist(Object.keys(problems) as ProblemCode[]),
  detail: v.string(),
  requestId: v.string(),
});

/** An answer that is a problem, whatever sends it. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: v.InferOutput<typeof problemSchema>;
}

/** What a client is told with a 503 or 429 when nobody knows better. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** Every 503 and 429 says when to come back. */
export function problemAnswer(
  { code, message, retryAfterMs }: HttpProblem,
  requestId: string,
): ProblemAnswer {
  const [status, title] = problems[code];
  const waits = status === 503 || status === 429 || retryAfterMs !== undefined;
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      ...(waits && { 'retry-after': String(Math.ceil((retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1_000)) }),
    },
    body: { type: 'about:blank', title, status, code, detail: message, requestId },
  };
}

/** Codes of Fastify's own refusals. Their messages are not shown. */
const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** The `detail` of a request that is not as documented: it repeats nothing that was sent. */
export const MALFORMED = 'The request is malformed, or a field in it is not as documented.';

/**
 * The problem that an error stands for. The service's own errors carry the code and a message that is safe to show; of
 * any other error nothing is shown.
 */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof WriteConflictError)
    return new HttpProblem('overloaded', 'Too many requests change the same at once.');
  if (error instanceof BrokerError && isProblemCode(error.code))
    return new HttpProblem(error.code, error.message, { retryAfterMs: error.retryAfterMs, cause: error });
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: number };
  const known = FASTIFY_CODES[String(code)];
  if (known) return new HttpProblem(known, problems[known][1]);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpProblem('bad_request', MALFORMED);
  return new HttpProblem('internal_error', 'The log has an entry with this request id.');
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
