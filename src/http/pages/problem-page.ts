import type { ProblemAnswer } from '../problem.ts';
import { escapeHtml, type HtmlPage } from './html-page.ts';

/** What people get instead of a problem's JSON: what went wrong, and a way on. `loginUrl`: where to try again. */
export function problemPage(
  { title, status, code, detail, requestId }: ProblemAnswer['body'],
  loginUrl: string,
): HtmlPage {
  const advice = status >= 500 ? 'Please try again in a moment.' : 'Please sign in again.';
  return {
    title: 'You are not signed in',
    body: `<main class="narrow">
<h1>You are not signed in</h1>
<p>${escapeHtml(`${title}: ${detail}`)}</p>
<p>${advice} <a href="${escapeHtml(loginUrl)}">Sign in</a></p>
<p class="quiet">${escapeHtml(`${code}, ${requestId}`)}</p>
</main>`,
  };
}
