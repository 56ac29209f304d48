import type { FastifyServerOptions, FastifyTypeProvider } from 'fastify';
import * as v from 'valibot';
import { HttpProblem, MALFORMED } from './problem.ts';

/** Types of handlers, taken from their routes' schemas: `app.withTypeProvider<ValibotTypes>()`. */
export interface ValibotTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends v.GenericSchema ? v.InferOutput<this['schema']> : unknown;
  readonly serializer: this['schema'] extends v.GenericSchema ? v.InferInput<this['schema']> : unknown;
}

interface PartOfRequest {
  readonly schema: v.GenericSchema;
  /** Which part: `body`, `querystring` or `params`. */
  readonly httpPart?: string;
}

function compile({ schema, httpPart }: PartOfRequest) {
  return (value: unknown) => {
    const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
    return success ? { value: output } : { error: malformed(httpPart, issues[0]) };
  };
}

/** The log may know what was expected, which is the schema's; not what came instead, nor under which unknown name. */
function malformed(part: string | undefined, issue: v.BaseIssue<unknown>): HttpProblem {
  const { expected } = issue;
  const path = expected === 'never' ? null : v.getDotPath(issue);
  return new HttpProblem('bad_request', MALFORMED, { details: { part, path, expected } });
}

/**
 * Makes Fastify judge by Valibot's schemas. Without it, Fastify loads a JSON Schema compiler, which takes as long as the
 * rest of it.
 */
export const byValibot: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    // Fastify's type knows only factories of JSON Schema compilers.
    buildValidator: (() => compile) as never,
    buildSerializer: () => () => JSON.stringify,
  },
};
