import type { FastifyReply, FastifyRequest } from 'fastify';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import { prefersHtml } from './accept.ts';
import { sendPage } from './pages/html-page.ts';
import { problemPage, type RefusedLogin } from './pages/problem-page.ts';
import type { Origins } from './policy/origins.ts';
import { givenReturnTo } from './policy/return-to.ts';
import { type HttpProblem, problemAnswer } from './problem.ts';
import { type SendProblem, sendProblem } from './problems.ts';

export interface AnswerPeopleDeps {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly origins: Origins;
  /** Where somebody signs in as somebody else, made of the address where one signs in. */
  readonly otherAccountUrl: ((loginUrl: string) => string | undefined) | undefined;
}

/**
 * Answers a problem as a page to people, who navigate: by GET, or with a form. Everybody else gets it as it is. Status,
 * code and headers are the same for both.
 */
export function createAnswerPeople({ base, origins, otherAccountUrl }: AnswerPeopleDeps): SendProblem {
  function loginUrl(request: FastifyRequest): string | undefined {
    const { returnToOf, noLoginHere } = request.routeOptions.config ?? {};
    if (noLoginHere) return undefined;
    const returnTo = returnToOf ? returnToOf(request) : givenReturnTo(request.query, origins);
    return `${base}/login${returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo })}`}`;
  }

  function sendAsPage(reply: FastifyReply, problem: HttpProblem): FastifyReply {
    const { request } = reply;
    const { status, headers, body } = problemAnswer(problem, request.id);
    const login = loginUrl(request);
    const page = problemPage(body, {
      atSignIn: request.routeOptions.url?.startsWith(`${base}/login`) === true,
      loginUrl: login,
      otherAccountUrl: login === undefined ? undefined : otherAccountUrl?.(login),
      refusedLogin: refusedLogin(problem.cause),
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

function refusedLogin(error: unknown): RefusedLogin | undefined {
  if (!(error instanceof LoginRefusedError)) return undefined;
  const { name, email } = error.user ?? {};
  const account = name !== undefined && email !== undefined ? `${name} (${email})` : (name ?? email);
  return { account, notSetUp: error.details?.told !== undefined };
}

function isNavigation({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'POST') && prefersHtml(headers.accept);
}

function varyByAccept(reply: FastifyReply): void {
  const vary = String(reply.getHeader('vary') ?? '');
  if (!/\baccept\b/i.test(vary)) reply.header('vary', vary === '' ? 'Accept' : `${vary}, Accept`);
}
