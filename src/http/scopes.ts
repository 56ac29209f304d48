import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { BrokerEvent, Emit } from '../events.ts';
import { mayCall } from './policy/callers.ts';
import type { Origins } from './policy/origins.ts';
import { sessionHeaders } from './policy/security-headers.ts';
import { HttpProblem } from './problem.ts';

/** What holds for every route of a scope. */
export type PolicyName = 'public' | 'pages' | 'session' | 'people';

declare module 'fastify' {
  interface FastifyInstance {
    /** That of the scope; undefined outside of one. */
    readonly policy: PolicyName | undefined;
  }
  interface FastifyContextConfig {
    /**
     * In the scope `session`: the route itself decides who may call, by a signature. A page that brings it must be one
     * of a listed origin; a server, which tells no `Origin`, need not.
     */
    ownProof?: true;
    /** In the scope `people`: where the login was to end, as far as that is known and safe. */
    returnToOf?: (request: FastifyRequest) => string | undefined;
    /** In the scope `people`: `/login` does not sign anybody in, so that no page leads there. */
    noLoginHere?: boolean;
  }
}

/** Refuses to register a route outside of a scope with a policy. Goes before all routes. */
export const requirePolicy = fp(async (app) => {
  app.decorate('policy', undefined);
  app.addHook('onRoute', function ({ method, url }) {
    if (this.policy === undefined) throw new Error(`${method} ${url} is in no scope with a policy`);
  });
});

export interface PolicyOptions {
  readonly origins: Origins;
  readonly emit: Emit;
}

/** For everybody and everything: no session is read, and nobody is asked who calls. */
export const publicPolicy = fp(async (scope) => {
  name(scope, 'public');
});

/** For calls that the scripts of pages make, and that depend on a session. */
export const pagesPolicy = fp<PolicyOptions>(async (scope, { origins }) => {
  name(scope, 'pages');
  const policy = { isAllowedOrigin: origins.has };
  scope.addHook('onRequest', ({ headers }, reply, done) => {
    reply.headers(sessionHeaders);
    done(refusalUnless(mayCall(headers, policy, false)));
  });
});

/** For calls that open or end sessions; forms may make them too. */
export const sessionPolicy = fp<PolicyOptions>(async (scope, { origins, emit }) => {
  name(scope, 'session');
  scope.addHook('onRequestAbort', async (request) => emit(abandoned(request)));
  const policy = { isAllowedOrigin: origins.has };
  scope.addHook('onRequest', ({ headers, routeOptions }, reply, done) => {
    reply.headers(sessionHeaders);
    const proven = routeOptions.config.ownProof === true;
    const { origin } = headers;
    const allowed = proven ? origin === undefined || origins.has(origin) : mayCall(headers, policy, true);
    done(refusalUnless(allowed));
  });
});

/**
 * For navigations, which other sites may begin: each route has a state or a proof of its own, or changes nothing.
 */
export const peoplePolicy = fp<Pick<PolicyOptions, 'emit'>>(async (scope, { emit }) => {
  name(scope, 'people');
  scope.addHook('onRequestAbort', async (request) => emit(abandoned(request)));
  scope.addHook('onRequest', (_request, reply, done) => {
    reply.headers(sessionHeaders);
    done();
  });
});

/** A client closed its connection before its answer: no fault, and no `request.completed` will come. */
export function abandoned({ id, method, routeOptions }: FastifyRequest): BrokerEvent {
  return { type: 'request.abandoned', requestId: id, method, route: routeOptions.url ?? null };
}

function name(scope: FastifyInstance, policy: PolicyName): void {
  if (scope.policy !== undefined)
    throw new Error(`a scope has one policy: ${scope.policy}, not ${policy} too`);
  scope.decorate('policy', policy);
}

function refusalUnless(allowed: boolean): HttpProblem | undefined {
  if (allowed) return undefined;
  return new HttpProblem(
    'cross_site_refused',
    'Only scripts of PUBLIC_URL’s origin or of one in ALLOWED_ORIGINS may call; where the browser tells neither Origin nor Sec-Fetch-Site, with X-CSRF: 1.',
  );
}
