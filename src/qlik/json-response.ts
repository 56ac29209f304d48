import { parseStrictJson } from '../lib/strict-json.ts';
import { QlikError } from './errors.ts';

/** The members of an answer whose body is a JSON object; throws a `bad_response` that repeats nothing of any other. */
export function readObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseStrictJson(body);
  } catch (error) {
    throw unusable((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable('is no object');
  return value as Record<string, unknown>;
}

/** An answer that is not what Qlik documents. */
export function unusable(what: string): QlikError {
  return new QlikError('bad_response', `the tenant’s answer ${what}`);
}
