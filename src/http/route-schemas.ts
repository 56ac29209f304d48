import type { FastifySchema, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import * as v from 'valibot';
import { problemSchema } from './problem.ts';
import type { PolicyName } from './scopes.ts';

/** For a body or a query that is not looked at: it may be anything, and costs nothing. */
export const ignored = v.unknown();

/** For an answer without a body. */
export const noBody = v.void();

/** A page for people. */
export const htmlPage = { content: { 'text/html': { schema: v.string() } } };

/** A script for pages. */
export const script = { content: { 'text/javascript': { schema: v.string() } } };

/** Whatever goes wrong, on any route. */
export const problem = { content: { 'application/problem+json': { schema: problemSchema } } };

/** The same, where people may meet it: they get a page. */
export const problemOrPage = { content: { ...problem.content, ...htmlPage.content } };

/** What a route takes and gives, as it was registered. */
export interface RouteSchemas {
  readonly method: string;
  readonly url: string;
  readonly policy: PolicyName | undefined;
  readonly schema: FastifySchema;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Of each route, in the order of their registration. */
    readonly routeSchemas: readonly RouteSchemas[];
  }
}

export interface SchemasOptions {
  /** What any route may answer when something goes wrong. */
  readonly errors: typeof problem | typeof problemOrPage;
}

/** Refuses to register a route that leaves out a schema of anything that it can take or give. Goes before all routes. */
export const requireSchemas = fp<SchemasOptions>(async (app, { errors }) => {
  const found: RouteSchemas[] = [];
  app.decorate('routeSchemas', found);

  app.addHook('onRoute', function (route) {
    const { url, schema = {} } = route;
    const method = [route.method].flat().join(', ');
    const missing = partsOf(route).find((part) => schema[part] === undefined);
    if (missing) throw new Error(`${method} ${url} has no schema of its ${missing}`);
    const { policy } = this;
    const complete = { ...schema, response: { ...(schema.response as object), default: errors } };
    found.push({ method, url, policy, schema: complete });
    route.schema = looked(complete);
  });
});

function partsOf({ method, url }: Pick<RouteOptions, 'method' | 'url'>): (keyof FastifySchema)[] {
  const mayHaveBody = [method].flat().some((name) => name !== 'GET' && name !== 'HEAD');
  return [
    'querystring',
    ...(/[:*]/.test(url) ? ['params' as const] : []),
    ...(mayHaveBody ? ['body' as const] : []),
    'response',
  ];
}

/** Without those that are not looked at. */
function looked(schema: FastifySchema): FastifySchema {
  return Object.fromEntries(Object.entries(schema).filter(([, part]) => part !== ignored));
}
