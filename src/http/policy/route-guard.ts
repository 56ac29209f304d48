import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { HttpProblem } from '../problem.ts';
import { mayCall } from './callers.ts';
import type { Origins } from './origins.ts';

/** Hooks that let only pages through that may call; they run before the session is read. */
export interface RouteGuard {
  /** For calls that only scripts make. */
  readonly forFetch: onRequestHookHandler;
  /** For a scope of calls that forms may make too; routes with a proof of their own are let through. */
  readonly forSessionScope: onRequestHookHandler;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route itself decides who may call: by a state that it gave out, or by a signature. */
    ownProof?: true;
  }
}

export function createRouteGuard(origins: Origins): RouteGuard {
  const policy = { isAllowedOrigin: origins.has };

  function refusal(request: FastifyRequest, formAllowed: boolean): HttpProblem | undefined {
    if (mayCall(request.headers, policy, formAllowed)) return undefined;
    return new HttpProblem(
      'cross_site_refused',
      'Only scripts of PUBLIC_URL’s origin or of one in ALLOWED_ORIGINS may call; where the browser tells neither Origin nor Sec-Fetch-Site, with X-CSRF: 1.',
    );
  }

  return {
    forFetch: (request, _reply, done) => done(refusal(request, false)),
    forSessionScope: (request, _reply, done) =>
      done(request.routeOptions.config.ownProof ? undefined : refusal(request, true)),
  };
}
