import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { HttpProblem } from '../problem.ts';
import { mayCall } from './callers.ts';
import type { Origins } from './origins.ts';

/** Hooks that let only pages through that may call; they run before the session is read. */
export interface RouteGuard {
  /** For calls that only scripts make. */
  readonly forFetch: onRequestAsyncHookHandler;
  /** For a scope of calls that forms may make too; routes with a proof of their own are let through. */
  readonly forSessionScope: onRequestAsyncHookHandler;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route itself decides who may call: by a state that it gave out, or by a signature. */
    ownProof?: true;
  }
}

export function createRouteGuard(origins: Origins): RouteGuard {
  const policy = { isAllowedOrigin: origins.has };

  function refuseOthers(request: FastifyRequest, formAllowed: boolean): void {
    if (mayCall(request.headers, policy, formAllowed)) return;
    throw new HttpProblem(
      'cross_site_refused',
      'Only scripts of PUBLIC_URL’s origin or of one in ALLOWED_ORIGINS may call; where the browser tells neither Origin nor Sec-Fetch-Site, with X-CSRF: 1.',
    );
  }

  return {
    forFetch: async (request) => refuseOthers(request, false),
    forSessionScope: async (request) => {
      if (!request.routeOptions.config.ownProof) refuseOthers(request, true);
    },
  };
}
