import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { Metrics } from '../../observability/metrics.ts';
import { ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface MetricsRouteDeps {
  readonly metrics: Metrics;
}

/** `GET /metrics`, for Prometheus. */
export const metricsRoute: FastifyPluginAsync<MetricsRouteDeps> = async (scope, { metrics }) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  app.get(
    '/metrics',
    {
      config: { readsMetrics: true },
      schema: {
        querystring: ignored,
        response: { 200: { content: { 'text/plain': { schema: v.string() } } } },
      },
    },
    async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .type(metrics.contentType)
        .send(await metrics.text()),
  );
};
