import { ATTEMPT_MS, FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from './limits.ts';
import type { Problem } from './problem.ts';
import { isOfOwnOrigin, rememberSignedIn } from './sign-in.ts';

/** By route: why and until when, in milliseconds since the epoch, the service asked to be left alone. */
const respites: Record<string, { problem: Problem; until: number }> = {};

/**
 * Asks the service, again and again while the trouble may pass, for at most `timeout` milliseconds. Its answer is known
 * by a `member`; what is not the service's, such as a proxy's page, may pass. Never rejects.
 */
export async function callService<T>(
  url: string,
  member: keyof T,
  timeout: number,
  rejected?: boolean,
): Promise<T | Problem> {
  const deadline = Date.now() + timeout;
  let problem: Problem = respites[url]?.problem ?? {
    title: 'The service cannot be reached.',
    code: 'unreachable',
  };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    let wait = (respites[url]?.until ?? 0) - Date.now();
    if (wait <= 0) {
      wait = pause * (0.5 + Math.random());
      try {
        const response = await fetch(url, {
          headers: {
            // Another origin's page is known by its Origin; there the header would only cost a preflight.
            ...(isOfOwnOrigin(url) && { 'x-csrf': '1' }),
            ...(rejected && { 'content-type': 'application/json' }),
          },
          credentials: 'include',
          // Past the deadline this throws, and nothing is asked.
          signal: AbortSignal.timeout(Math.min(ATTEMPT_MS, deadline - Date.now())),
          ...(rejected && { method: 'POST', body: '{"rejected":true}' }),
        });
        const answer = await response.json();
        if (response.ok && answer[member]) {
          delete respites[url];
          rememberSignedIn();
          return answer;
        }
        if (answer.code) {
          problem = answer;
          if (response.status !== 429 && response.status !== 503) break;
        }
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
  return problem;
}
