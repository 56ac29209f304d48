import type { FastifyReply, FastifyRequest, onSendAsyncHookHandler } from 'fastify';
import { escapeHtml, type HtmlPage, preparePage } from './html-page.ts';

export interface LoginTroubleOptions {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  /** Where the sign-in was to end, as far as that is known and safe. */
  readonly returnToOf: (request: FastifyRequest) => string | undefined;
}

/**
 * A hook that gives people a page with a way on instead of a problem answer. Scripts, and whoever else does not ask for
 * HTML, get the problem as it is.
 */
export function explainToPeople({ base, returnToOf }: LoginTroubleOptions): onSendAsyncHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const isProblem = String(reply.getHeader('content-type')).startsWith('application/problem+json');
    if (!isProblem || !request.headers.accept?.includes('text/html')) return payload;
    const returnTo = returnToOf(request);
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo })}`;
    return preparePage(reply, troublePage(JSON.parse(String(payload)), `${base}/login${query}`));
  };
}

interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
}

function troublePage({ title, status, code, detail, requestId }: Problem, retry: string): HtmlPage {
  const advice = status >= 500 ? 'Please try again in a moment.' : 'Please sign in again.';
  return {
    title: 'You are not signed in',
    body: `<main class="narrow">
<h1>You are not signed in</h1>
<p>${escapeHtml(`${title}: ${detail}`)}</p>
<p>${advice} <a href="${escapeHtml(retry)}">Sign in</a></p>
<p class="quiet">${escapeHtml(`${code}, ${requestId}`)}</p>
</main>`,
  };
}
