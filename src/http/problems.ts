import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { HttpProblem, type ProblemCode, problemAnswer, problemOf } from './problem.ts';

/** A request that is answered by a problem, and why. */
export interface Refusal {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly problem: HttpProblem;
  /** What was thrown; perhaps foreign. */
  readonly error: unknown;
}

export interface ProblemsOptions {
  /** Learns of each refusal. */
  readonly tell: (refusal: Refusal) => void;
  /** Whether a path that is there for other methods is 405 and names them, rather than 404. */
  readonly nameMethods: boolean;
  /** How a problem is sent; as `application/problem+json` when absent. */
  readonly send?: SendProblem;
}

/** Answers with a problem. */
export type SendProblem = (reply: FastifyReply, problem: HttpProblem) => FastifyReply;

declare module 'fastify' {
  interface FastifyInstance {
    /** The problem that an error stands for, told and noted. For answers that show it in their own way. */
    refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): HttpProblem;
  }
  interface FastifyReply {
    /** Of a problem answer, for the log line of its request. */
    problemCode: ProblemCode | undefined;
  }
}

/** Answers whatever goes wrong with a problem (RFC 9457), on either listener. Goes before all routes. */
export const answerProblems = fp<ProblemsOptions>(async (app, options) => {
  const { tell, nameMethods, send = sendProblem } = options;
  const allowed = new Map<string, string[]>();

  app.decorateReply('problemCode', undefined);
  app.decorate('refuse', (error, request, reply) => {
    const problem = problemOf(error);
    reply.problemCode = problem.code;
    tell({ request, reply, problem, error });
    return problem;
  });

  app.setErrorHandler((error, request, reply) => send(reply, app.refuse(error, request, reply)));

  // The router would read the path of a request as a pattern; so the paths are kept as they are.
  app.addHook('onRoute', ({ method, url, routePath }) => {
    if (/[:*]/.test(url)) return;
    // What is the root of a prefix answers with and without a slash at its end.
    const urls = routePath === '' && url !== '' ? [url, `${url}/`] : [url];
    for (const each of urls) allowed.set(each, [...(allowed.get(each) ?? []), ...[method].flat()]);
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed.get(request.url.split('?', 1)[0] as string);
    if (!methods || !nameMethods) throw new HttpProblem('not_found', 'No such path.');
    reply.header('allow', methods.join(', '));
    throw new HttpProblem('method_not_allowed', `Use ${methods.join(' or ')}.`);
  });
});

/** Answers with `application/problem+json`. */
export const sendProblem: SendProblem = (reply, problem) => {
  const { status, headers, body } = problemAnswer(problem, reply.request.id);
  return reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(body);
};
