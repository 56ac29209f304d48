import { HttpProblem } from '../problem.ts';
import type { Origins } from './origins.ts';

const MAX_LENGTH = 2_048;

/**
 * Where a sign-in may end: a path here, or a URL of an origin that may call; everything else is `/`. Judged as browsers
 * read URLs, raw and once decoded, since something on the way may decode it. Throws a `bad_request` for line breaks.
 */
export function safeReturnTo(raw: string | undefined, origins: Origins): string {
  if (raw === undefined || raw.length > MAX_LENGTH) return '/';
  if (/[\r\n]/.test(raw)) throw new HttpProblem('bad_request', 'returnTo holds a line break.');
  const decoded = decode(raw);
  if (decoded === undefined || !leadsHome(raw, origins) || !leadsHome(decoded, origins)) return '/';
  const url = new URL(raw, origins.own);
  if (url.origin !== origins.own) return url.href;
  // `/..//evil.example` is a path of ours until its dots are resolved.
  const path = url.pathname + url.search + url.hash;
  return leadsHome(path, origins) ? path : '/';
}

function leadsHome(target: string, origins: Origins): boolean {
  if (!/^(\/|https?:\/\/)/i.test(target) || !URL.canParse(target, origins.own)) return false;
  const { origin, username, password } = new URL(target, origins.own);
  const local = target.startsWith('/');
  return !username && !password && (local ? origin === origins.own : origins.has(origin));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
