import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

/** A schema and what else there is to know of the route. */
interface Route {
  readonly schema: unknown;
}

/** `errors` are of the last body that was judged. */
interface Judge {
  (body: unknown): boolean;
  errors?: unknown;
}

type Compilers = (externalSchemas: unknown, options: unknown) => (route: Route) => Judge;

const require = createRequire(import.meta.url);
let compilers: Compilers | undefined;

/**
 * Judges bodies by JSON Schema as Fastify does by itself, but compiles a schema when the first body comes, and once for
 * all sandboxes of a process: compiling all of them costs more than the rest of a start.
 */
const buildValidator: Compilers = (externalSchemas, options) => (route) => {
  const judge: Judge = (body) => {
    compilers ??= require('@fastify/ajv-compiler')() as Compilers;
    const compiled = compilers(externalSchemas, options)(route);
    const holds = compiled(body);
    judge.errors = compiled.errors;
    return holds;
  };
  return judge;
};

export const lazyValidators: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    // Fastify's type knows only factories of JSON Schema compilers that compile at once.
    buildValidator: buildValidator as never,
    buildSerializer: () => () => JSON.stringify,
  },
};
