import { parseStrictJson } from '../lib/strict-json.ts';
import { QlikError, type QlikErrorOptions } from './errors.ts';
import type { QlikResponse } from './http.ts';
import { readRetryAfterMs } from './retry-after.ts';

/**
 * The fault that an answer other than 2xx stands for. Understands Qlik's error shape, that of RFC 6749 §5.2, and
 * bodies that are neither. `user`: what the request asked for a user by. Of the body, only well-known codes are kept: its texts may repeat what was sent.
 */
export function readQlikError(response: QlikResponse, now: number, user?: string): QlikError {
  const { status, headers } = response;
  const body = readErrorBody(response.body);
  const retryAfterMs = readRetryAfterMs(headers, now);
  const details: QlikErrorOptions = {
    status,
    upstream: { codes: body.codes, ...(body.traceId !== undefined && { traceId: body.traceId }) },
    retryAfterMs,
  };
  const message = `the tenant answered ${status}`;
  if (status === 429) return new QlikError('throttled', message, details);
  if (status >= 500)
    return new QlikError('unavailable', message, { ...details, retryable: retryAfterMs === undefined });
  if (REFUSALS.has(status) || (user !== undefined && UNKNOWN_USER.has(status) && body.codes.length > 0)) {
    const namesClient = body.codes.some((code) => ABOUT_THE_CLIENT.has(code));
    return new QlikError('refused', message, {
      ...details,
      namesClient,
      namesUser: !namesClient && namesUser(body.texts, user),
    });
  }
  return new QlikError('bad_response', message, details);
}

/** Like `readQlikError`, of an API call whose sender is known: a 400 is about what was sent, not about who sent it. */
export function readApiError(response: QlikResponse, now: number): QlikError {
  const fault = readQlikError(response, now);
  if (response.status !== 400) return fault;
  return new QlikError('bad_response', fault.message, fault.details);
}

const REFUSALS = new Set([400, 401, 403]);
/** How a tenant may say that it has no such user: undocumented, and believed when the answer is one of Qlik's. */
const UNKNOWN_USER = new Set([404, 409, 410, 422]);

/** What no user can be the reason for. */
const ABOUT_THE_CLIENT = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

interface ErrorBody {
  readonly codes: string[];
  readonly traceId?: string;
  readonly texts: string[];
}

/** Of a text: what says whom it is about stands in its beginning. */
const MAX_TEXT = 1_000;
const QLIK_CODE = /^[A-Z]{2,16}-\d{1,6}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const RFC_6749_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
]);

function readErrorBody(text: string): ErrorBody {
  let body: unknown;
  try {
    body = parseStrictJson(text);
  } catch {
    return { codes: [], texts: [] };
  }
  const { errors, traceId, error, error_description: description } = members(body);
  const entries = Array.isArray(errors) ? errors.map(members) : [];
  const codes = entries
    .map(({ code }) => code)
    .filter((code) => typeof code === 'string' && QLIK_CODE.test(code));
  if (typeof error === 'string' && RFC_6749_ERRORS.has(error)) codes.push(error);
  const texts = [description, ...entries.flatMap(({ title, detail }) => [title, detail])];
  return {
    codes: codes as string[],
    texts: texts.filter((part) => typeof part === 'string').map((part) => part.slice(0, MAX_TEXT)),
    ...(typeof traceId === 'string' && TRACE_ID.test(traceId) && { traceId }),
  };
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** “User impersonation”, the grant, is about the client. */
const A_USER = /\buser\b(?!-|\s{1,9}impersonation)/i;
const OF_A_USER =
  /\b(unknown|invalid|disabled|inactive|deleted|no such|not found|not exist|not active|not a member|not in)\b/i;

/** Sentence by sentence: each is looked through once. */
function namesUser(texts: readonly string[], user: string | undefined): boolean {
  return texts.some(
    (text) =>
      /\buser_lookup\b/i.test(text) ||
      text.split('.').some((sentence) => A_USER.test(sentence) && OF_A_USER.test(sentence)) ||
      (!!user && text.split(/[\s"'`,;()]+/).includes(user)),
  );
}
