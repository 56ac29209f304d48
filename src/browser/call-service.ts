import { type Problem, Refusal } from './problem.ts';
import { rememberSignedIn } from './sign-in.ts';

/** Longer than the service ever takes. */
const ATTEMPT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const PASSING = [429, 503];
const UNREACHABLE: Problem = { title: 'The service cannot be reached.', code: 'unreachable' };
/** By route: why and until when, in milliseconds since the epoch, the service asked to be left alone. */
const respites: Record<string, { problem: Problem; until: number }> = {};

/**
 * Asks the service, again and again while the trouble may pass, for at most `timeout` milliseconds. Resolves to its
 * answer, known by a `member`; rejects with a `Refusal`. What is not the service's, such as a proxy's page, may pass.
 */
export async function callService<T>(
  url: string,
  member: keyof T,
  timeout: number,
  rejected?: boolean,
): Promise<T> {
  const deadline = Date.now() + timeout;
  let problem = respites[url]?.problem ?? UNREACHABLE;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    let wait = (respites[url]?.until ?? 0) - Date.now();
    if (wait <= 0) {
      wait = pause * (0.5 + Math.random());
      try {
        const response = await fetch(url, request(url, rejected, deadline));
        const answer = await response.json();
        if (response.ok && answer[member]) {
          delete respites[url];
          rememberSignedIn();
          return answer;
        }
        if (answer.code) problem = answer;
        if (answer.code && !PASSING.includes(response.status)) break;
        const seconds = Number(response.headers.get('retry-after'));
        if (seconds > 0) {
          wait = seconds * 1_000;
          respites[url] = { problem, until: Date.now() + wait };
        }
      } catch {
        // The network is away, or the answer is not the service's.
      }
    }
    if (Date.now() + wait >= deadline) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new Refusal(problem);
}

function request(url: string, rejected: boolean | undefined, deadline: number): RequestInit {
  const headers: Record<string, string> = {};
  // Another origin's page is known by its Origin; there the header would only cost a preflight.
  if (new URL(url).origin === location.origin) headers['x-csrf'] = '1';
  if (rejected) headers['content-type'] = 'application/json';
  return {
    headers,
    credentials: 'include',
    signal: AbortSignal.timeout(Math.max(1, Math.min(ATTEMPT_MS, deadline - Date.now()))),
    ...(rejected && { method: 'POST', body: '{"rejected":true}' }),
  };
}
