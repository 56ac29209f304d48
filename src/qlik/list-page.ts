import { readApiError } from './error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from './http.ts';
import { readObject, unusable } from './json-response.ts';

/** One page of a list, and the cursor of the next. */
export interface ListPage<T> {
  readonly data: readonly T[];
  readonly next?: string;
}

/** Small enough for an answer to stay far below the limit of its size, whatever the entries hold. */
const PAGE_SIZE = 20;

/** The request for a page of what a filter finds: in the body, so that nothing is encoded twice. */
export function filterRequest(path: string, filter: string, cursor?: string): QlikRequest {
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    ...(cursor !== undefined && { next: cursor }),
  });
  return { method: 'POST', path: `${path}?${query}`, json: { filter } };
}

/** The page in the answer. Of the link to the next one only the cursor counts: where to ask is known. Throws a `QlikError`. */
export function readPage<T>(
  response: QlikResponse,
  tenantNow: number,
  readEntry: (entry: Record<string, unknown>) => T,
): ListPage<T> {
  if (!isSuccess(response)) throw readApiError(response, tenantNow);
  const { data, links } = readObject(response.body);
  if (!Array.isArray(data)) throw unusable('holds no list');
  const entries = data.map((entry) => {
    if (typeof entry !== 'object' || entry === null) throw unusable('holds an entry that is no object');
    return readEntry(entry);
  });
  const next = cursorOf((links as { next?: { href?: unknown } } | undefined)?.next?.href);
  return { data: entries, ...(next !== undefined && { next }) };
}

function cursorOf(href: unknown): string | undefined {
  if (typeof href !== 'string') return undefined;
  const base = 'https://tenant.invalid';
  const cursor = URL.canParse(href, base) ? new URL(href, base).searchParams.get('next') : null;
  return cursor ?? undefined;
}
