import * as v from 'valibot';
import { HttpProblem } from '../problem.ts';
import type { Origins } from './origins.ts';

/** In characters. With what else is in a sealed state, the answer's head fits into what proxies reserve for it. */
const MAX_LENGTH = 1_500;

/** The query of `GET /login`, in every mode. What else it holds is ignored: a link may carry marks of its own. */
export const loginQuery = v.object({ returnTo: v.optional(v.string()), prompt: v.optional(v.unknown()) });

/**
 * Where a sign-in may end: a path here, or a URL of an origin that may call; everything else is `/`. Judged as browsers
 * read URLs, raw and once decoded, since something on the way may decode it. Throws a `bad_request` for line breaks.
 */
export function safeReturnTo(given: string | undefined, origins: Origins): string {
  const raw = keepable(given);
  if (raw === undefined) return '/';
  if (hasLineBreak(raw)) throw new HttpProblem('bad_request', 'returnTo holds a line break.');
  const end = endOf(raw, origins);
  if (end === undefined) return '/';
  const staysSafe = [raw, end].map(decode).every((decoded) => endOf(decoded, origins) !== undefined);
  return staysSafe ? end : '/';
}

/** What of a `returnTo` is kept until the sign-in ends: one that is too long loses its query first, and then counts as none. */
export function keepable(returnTo: string | undefined): string | undefined {
  const short = returnTo?.length && returnTo.length > MAX_LENGTH ? returnTo.split(/[?#]/, 1)[0] : returnTo;
  return short !== undefined && short.length <= MAX_LENGTH ? short : undefined;
}

/** The safe `returnTo` of a query that need not be as documented; undefined when it has none that is. Never throws. */
export function givenReturnTo(query: unknown, origins: Origins): string | undefined {
  const { success, output } = v.safeParse(loginQuery, query);
  const returnTo = success ? output.returnTo : undefined;
  return returnTo === undefined || hasLineBreak(returnTo) ? undefined : safeReturnTo(returnTo, origins);
}

function hasLineBreak(text: string): boolean {
  return /[\r\n]/.test(text);
}

/** What a browser makes of a target, a path where it is one of ours; undefined when it leads elsewhere, or would when read again. */
function endOf(target: string, origins: Origins): string | undefined {
  if (!/^(\/|https?:\/\/)/i.test(target) || !URL.canParse(target, origins.own)) return undefined;
  const url = new URL(target, origins.own);
  if (url.username || url.password) return undefined;
  if (url.origin !== origins.own)
    return !target.startsWith('/') && origins.has(url.origin) ? url.href : undefined;
  // `/..//evil.example` is a path of ours until its dots are resolved.
  return url.pathname.startsWith('//') ? undefined : url.pathname + url.search + url.hash;
}

/** Once; what is no UTF-8, such as the sign in `?discount=50%`, stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-7][\da-f])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  }
}
