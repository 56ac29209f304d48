import { badRequest } from './errors.ts';

/** The query parameters that all lists share. Fastify answers a repeated parameter as an array. */
export interface PageQuery {
  limit?: string | string[];
  next?: string | string[];
  prev?: string | string[];
  sort?: string | string[];
  totalResults?: string | string[];
}

/** One page of a list, as Qlik answers it. */
export interface Page<T> {
  data: T[];
  links: { self: Link; next?: Link; prev?: Link };
  totalResults?: number;
}

interface Link {
  href: string;
}

interface Cursor {
  key: string;
  id: string;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** How a list is sorted and addressed. */
export interface PageOptions<T> {
  /** The absolute address of the request, its query included. */
  url: string;
  idOf: (entry: T) => string;
  /** The attributes to sort by; the first is the default, ascending. */
  sortable: Record<string, (entry: T) => string | undefined>;
}

/**
 * Cuts one page out of a list: `limit` 1 to 100 (20), `sort` with `+` or `-` before the attribute, and opaque
 * cursors that stay right when entries come and go. Throws a `QlikError` (400) for parameters that make no sense.
 */
export function pageOf<T>(entries: Iterable<T>, query: PageQuery, options: PageOptions<T>): Page<T> {
  const { idOf, url } = options;
  const limit = limitOf(single(query.limit, 'limit'));
  const { keyOf, sign } = orderOf(single(query.sort, 'sort'), options.sortable);
  const next = cursorOf(single(query.next, 'next'), 'next');
  const prev = cursorOf(single(query.prev, 'prev'), 'prev');
  if (next && prev) throw badRequest('next and prev exclude each other');

  const place = (entry: T): Cursor => ({ key: keyOf(entry) ?? '', id: idOf(entry) });
  const compare = (a: Cursor, b: Cursor) => sign * (order(a.key, b.key) || order(a.id, b.id));
  const sorted = [...entries].sort((a, b) => compare(place(a), place(b)));

  let start = 0;
  if (next) start = sorted.filter((entry) => compare(place(entry), next) <= 0).length;
  if (prev) start = Math.max(0, sorted.filter((entry) => compare(place(entry), prev) < 0).length - limit);
  const data = sorted.slice(start, start + limit);
  const [first, last] = [data.at(0), data.at(-1)];
  return {
    data,
    links: {
      self: { href: url },
      ...(last && start + limit < sorted.length ? { next: linkTo(url, 'next', place(last)) } : {}),
      ...(first && start > 0 ? { prev: linkTo(url, 'prev', place(first)) } : {}),
    },
    ...(single(query.totalResults, 'totalResults') === 'true' ? { totalResults: sorted.length } : {}),
  };
}

/** A query parameter that may be given once; 400 when it is given twice. */
export function single(value: string | string[] | undefined, name: string): string | undefined {
  if (Array.isArray(value)) throw badRequest(`${name} was given twice`);
  return value;
}

function limitOf(value: string | undefined): number {
  if (value === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw badRequest(`limit is 1 to ${MAX_LIMIT}`);
  return limit;
}

/** A `+` that was not encoded arrives as a blank. */
function orderOf<T>(sort: string | undefined, sortable: PageOptions<T>['sortable']) {
  const [sign, attribute] = sort?.startsWith('-') ? [-1, sort.slice(1)] : [1, sort?.replace(/^[+ ]/, '')];
  const keys = new Map(Object.entries(sortable));
  const keyOf = attribute === undefined ? [...keys.values()][0] : keys.get(attribute);
  if (!keyOf) throw badRequest('sort names an attribute that cannot be sorted by');
  return { sign, keyOf };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function cursorOf(value: string | undefined, name: string): Cursor | undefined {
  if (value === undefined) return undefined;
  try {
    const [key, id] = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as unknown[];
    if (typeof key === 'string' && typeof id === 'string') return { key, id };
  } catch {}
  throw badRequest(`${name} is not a cursor`);
}

function linkTo(url: string, direction: 'next' | 'prev', { key, id }: Cursor): Link {
  const link = new URL(url);
  link.searchParams.delete('next');
  link.searchParams.delete('prev');
  link.searchParams.set(direction, Buffer.from(JSON.stringify([key, id])).toString('base64url'));
  return { href: link.href };
}
