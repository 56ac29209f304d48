import type { FastifyReply, FastifyRequest } from 'fastify';
import { prefersHtml } from './accept.ts';
import { sendPage } from './pages/html-page.ts';
import { problemPage } from './pages/problem-page.ts';
import type { Origins } from './policy/origins.ts';
import { givenReturnTo } from './policy/return-to.ts';
import { type HttpProblem, problemAnswer } from './problem.ts';
import { type SendProblem, sendProblem } from './problems.ts';

export interface AnswerPeopleDeps {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly origins: Origins;
}

/**
 * Answers a problem as a page to people, who navigate: by GET, or with a form. Everybody else gets it as it is. Status,
 * code and headers are the same for both.
 */
export function createAnswerPeople({ base, origins }: AnswerPeopleDeps): SendProblem {
  function loginUrl(request: FastifyRequest): string | undefined {
    const { returnToOf, noLoginHere } = request.routeOptions.config ?? {};
    if (noLoginHere) return undefined;
    const returnTo = returnToOf ? returnToOf(request) : givenReturnTo(request.query, origins);
    return `${base}/login${returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo })}`}`;
  }

  function sendAsPage(reply: FastifyReply, problem: HttpProblem): FastifyReply {
    const { request } = reply;
    const { status, headers, body } = problemAnswer(problem, request.id);
    const page = problemPage(body, {
      atSignIn: request.routeOptions.url?.startsWith(`${base}/login`) === true,
      loginUrl: loginUrl(request),
      startUrl: `${base}/`,
      mayRepeat: request.method === 'GET',
    });
    return sendPage(reply.code(status).headers(headers), page);
  }

  return (reply, problem) => {
    varyByAccept(reply);
    return isNavigation(reply.request) ? sendAsPage(reply, problem) : sendProblem(reply, problem);
  };
}

function isNavigation({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'POST') && prefersHtml(headers.accept);
}

function varyByAccept(reply: FastifyReply): void {
  const vary = String(reply.getHeader('vary') ?? '');
  if (!/\baccept\b/i.test(vary)) reply.header('vary', vary === '' ? 'Accept' : `${vary}, Accept`);
}
