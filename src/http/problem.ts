import type { FastifyReply } from 'fastify';
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
  user_not_mapped: [403, 'No user in Qlik Cloud'],
  user_ambiguous: [403, 'Several users in Qlik Cloud'],
  user_disabled: [403, 'The user in Qlik Cloud is disabled'],
  user_denied: [403, 'This user may not be impersonated'],
  not_found: [404, 'There is nothing here'],
  method_not_allowed: [405, 'Not with this method'],
  body_too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The body’s type is not supported'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Something went wrong here'],
  tenant_refused_client: [502, 'Qlik Cloud refuses this service'],
  tenant_bad_response: [502, 'Qlik Cloud’s answer cannot be used'],
  idp_bad_response: [502, 'The identity provider’s answer cannot be used'],
  tenant_throttled: [503, 'Qlik Cloud asks us to wait'],
  tenant_unavailable: [503, 'Qlik Cloud does not answer'],
  idp_unavailable: [503, 'The identity provider does not answer'],
  store_unavailable: [503, 'The session store does not answer'],
  overloaded: [503, 'Too much at once'],
  shutting_down: [503, 'This replica is stopping'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof problems;

/** A request that gets a problem answer. The message is its `detail` and safe to show. */
export class HttpProblem extends BrokerError<ProblemCode> {}

/** What a client is told with a 503 when nobody knows better. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** Codes of Fastify's own refusals. Their messages are not shown. */
const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/**
 * The problem that an error stands for. The service's own errors carry the code and a message that is safe to show; of
 * any other error nothing is shown.
 */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof WriteConflictError)
    return new HttpProblem('overloaded', 'Too many requests change the same at once.');
  if (error instanceof BrokerError && isProblemCode(error.code))
    return new HttpProblem(error.code, error.message, { retryAfterMs: error.retryAfterMs });
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: number };
  const known = FASTIFY_CODES[String(code)];
  if (known) return new HttpProblem(known, problems[known][1]);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HttpProblem('bad_request', 'The request is malformed, or a field in it is not as documented.');
  }
  return new HttpProblem('internal_error', 'The log has an entry with this request id.');
}

/** Answers with RFC 9457 `application/problem+json`; every 503 and 429 says when to come back. */
export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  const [status, title] = problems[problem.code];
  const waits = status === 503 || status === 429 || problem.retryAfterMs !== undefined;
  if (waits) reply.header('retry-after', Math.ceil((problem.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1_000));
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: 'about:blank',
      title,
      status,
      code: problem.code,
      detail: problem.message,
      requestId: reply.request.id,
    });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
