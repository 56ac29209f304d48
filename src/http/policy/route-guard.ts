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
    /**
     * The route itself decides who may call: by a state that it gave out, or by a signature. `listed-origin`: a page
     * that brings it must be one that may call; a server, which tells no `Origin`, need not.
     */
    ownProof?: 'any-origin' | 'listed-origin';
  }
}

export function createRouteGuard(origins: Origins): RouteGuard {
  const policy = { isAllowedOrigin: origins.has };

  function isCaller({ headers, routeOptions }: FastifyRequest): boolean {
    switch (routeOptions.config.ownProof) {
      case 'any-origin':
        return true;
      case 'listed-origin':
        return headers.origin === undefined || origins.has(headers.origin);
      default:
        return mayCall(headers, policy, true);
    }
  }

  function refusal(allowed: boolean): HttpProblem | undefined {
    if (allowed) return undefined;
    return new HttpProblem(
      'cross_site_refused',
      'Only scripts of PUBLIC_URL’s origin or of one in ALLOWED_ORIGINS may call; where the browser tells neither Origin nor Sec-Fetch-Site, with X-CSRF: 1.',
    );
  }

  return {
    forFetch: ({ headers }, _reply, done) => done(refusal(mayCall(headers, policy, false))),
    forSessionScope: (request, _reply, done) => done(refusal(isCaller(request))),
  };
}
