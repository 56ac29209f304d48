import type { FastifyInstance } from 'fastify';
import type { Fault } from '../faults.ts';
import type { Tenant } from '../tenant.ts';

const size = { type: 'integer', minimum: 32, maximum: 10_000_000_000 };
const duration = { type: 'integer', minimum: 0, maximum: 600_000 };
const patch = { type: 'object' };

/** The effects by name: each has its own properties, and no others. */
const EFFECTS = {
  latency: { required: ['delayMs'], properties: { delayMs: duration } },
  status: {
    required: ['status'],
    properties: {
      status: { type: 'integer', minimum: 200, maximum: 599 },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: {},
      contentType: { type: 'string' },
    },
  },
  reset: { properties: {} },
  hang: { properties: {} },
  drip: { properties: { everyMs: { ...duration, minimum: 1 } } },
  endless: { properties: {} },
  huge: { required: ['bytes'], properties: { bytes: size } },
  gzipBomb: { required: ['bytes'], properties: { bytes: size } },
  truncated: { properties: {} },
  duplicateKeys: { properties: {} },
  tokenAnswer: { required: ['patch'], properties: { patch } },
  jwtClaims: { required: ['patch'], properties: { patch } },
};

const FAULT = {
  type: 'object',
  required: ['match', 'effect'],
  additionalProperties: false,
  properties: {
    match: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        ['method', 'path', 'grantType', 'subject'].map((key) => [key, { type: 'string' }]),
      ),
    },
    times: { type: 'integer', minimum: 1 },
    forMs: { ...duration, minimum: 1 },
    effect: {
      type: 'object',
      required: ['type'],
      oneOf: Object.entries(EFFECTS).map(([type, { properties, ...rest }]) => ({
        ...rest,
        properties: { ...properties, type: { const: type } },
        additionalProperties: false,
      })),
    },
  },
};

/** `/sandbox/faults`: POST adds a fault, GET lists those in force, DELETE clears one or all. */
export function registerFaultControl(app: FastifyInstance, tenant: Tenant): void {
  app.post<{ Body: Fault }>('/faults', { schema: { body: FAULT } }, async (request, reply) =>
    reply.code(201).send(tenant.faults.add(request.body)),
  );

  app.get('/faults', async () => tenant.faults.list());

  app.delete('/faults', async (_request, reply) => {
    tenant.faults.clear();
    return reply.code(204).send();
  });

  app.delete<{ Params: { id: string } }>('/faults/:id', async (request, reply) => {
    tenant.faults.clear(request.params.id);
    return reply.code(204).send();
  });
}
