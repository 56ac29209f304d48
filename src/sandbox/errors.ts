import { randomBytes } from 'node:crypto';

/** A refusal in Qlik's words. The error handler turns it into an answer; nothing else of it is logged or kept. */
export class QlikError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    title: string,
    detail?: string,
    headers: Record<string, string> = {},
  ) {
    super(detail ?? title);
    this.name = 'QlikError';
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.headers = headers;
  }
}

const TITLES = new Map([
  [400, 'Invalid request parameters'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not found'],
  [409, 'Conflict'],
  [413, 'Request body is too large'],
  [415, 'Unsupported media type'],
  [429, 'API rate limit reached.'],
  [500, 'Internal server error'],
  [502, 'Bad gateway'],
  [503, 'Service unavailable'],
  [504, 'Gateway timeout'],
]);

/** The refusal that carries nothing but its HTTP status: `HTTP-<status>` and the status' title. */
export function httpError(status: number, detail?: string): QlikError {
  return new QlikError(status, `HTTP-${status}`, TITLES.get(status) ?? 'Error', detail);
}

/** The refusal of a request whose parameters are wrong; `detail` may name the parameter, never its value. */
export function badRequest(detail: string): QlikError {
  return httpError(400, detail);
}

/** The answer of a tier whose limit is reached: `Retry-After` in seconds, and the same number in words. */
export function rateLimited(seconds: number): QlikError {
  const detail = `You need to wait ${seconds} seconds until limit is lifted.`;
  const { code, title } = httpError(429);
  return new QlikError(429, code, title, detail, { 'retry-after': String(seconds) });
}

/**
 * The body that Qlik answers with a refusal. `status` is a number in the users and groups APIs and a string
 * elsewhere; a 429 has neither `status` nor `traceId`.
 */
export function errorBody(error: QlikError): object {
  const { code, title, detail, status } = error;
  const entry = { code, title, ...(detail === undefined ? {} : { detail }) };
  if (status === 429) return { errors: [entry] };
  const numeric = code.startsWith('USERS-') || code.startsWith('GROUPS-');
  return {
    errors: [{ ...entry, status: numeric ? status : String(status) }],
    traceId: randomBytes(16).toString('hex'),
  };
}
