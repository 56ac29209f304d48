import type { FastifyServerOptions } from 'fastify';
import type { Shape } from '../shape.ts';

/** What a route's `schema` says of a body or a query. */
export interface Shaped {
  readonly type: 'shape';
  readonly shape: Shape;
}

/** What a body or a query must be, for a route's `schema`. */
export function shaped(shape: Shape): Shaped {
  return { type: 'shape', shape };
}

function compile({ schema }: { schema: Shaped }) {
  return (value: unknown) => {
    const misfit = schema.shape(value);
    return misfit ? { error: new Error(`${misfit.path} ${misfit.should}`) } : { value };
  };
}

/**
 * Makes Fastify judge by shapes. Without it, Fastify loads a JSON Schema compiler, which takes as long as the rest of it.
 */
export const byShapes: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    // Fastify's type knows only factories of JSON Schema compilers.
    buildValidator: (() => compile) as never,
    buildSerializer: () => () => JSON.stringify,
  },
};
