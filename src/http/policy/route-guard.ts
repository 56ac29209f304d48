import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { HttpProblem } from '../problem.ts';
import { mayCall } from './callers.ts';
import type { Origins } from './origins.ts';

/** Hooks that let only pages through that may call; they run before the session is read. */
export interface RouteGuard {
  /** For calls that only scripts make. */
  readonly forFetch: onRequestAsyncHookHandler;
  /** For calls that a form may make too. */
  readonly forFetchOrForm: onRequestAsyncHookHandler;
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
    forFetchOrForm: async (request) => refuseOthers(request, true),
  };
}
