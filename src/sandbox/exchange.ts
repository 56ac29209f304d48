import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Call } from './call-log.ts';
import type { Caller } from './caller.ts';
import { meetEffects } from './fault-effects.ts';
import { answers, type FaultEffect } from './faults.ts';
import type { Client } from './model.ts';
import type { Tenant } from './tenant.ts';
import { withNestedLookup } from './token-request.ts';

/** What is known of one request and its answer, beyond what Fastify knows. */
export interface Exchange {
  call: Call;
  /** The client that the request is on behalf of, once that is proven. */
  client?: Client;
  /** Who calls, on the routes that need a bearer token. */
  caller?: Caller;
  /** The effects that the request meets and that leave the answer to the tenant. */
  effects: FaultEffect[];
}

const KEY = 'exchange';

/** The exchange that a request belongs to. */
export function exchangeOf(request: FastifyRequest): Exchange {
  return request.getDecorator<Exchange>(KEY);
}

/** The caller of a route that needs a bearer token. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = exchangeOf(request);
  if (!caller) throw new Error('the route is not behind bearer authentication');
  return caller;
}

/**
 * What every request goes through: it is logged when it comes in, completed when its body is read, meets the
 * faults that concern it, and its status is noted before the answer leaves. The control endpoint is left out.
 */
export function registerExchange(app: FastifyInstance, tenant: Tenant): void {
  app.decorateRequest(KEY);

  app.addHook('onRequest', async (request) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const { origin } = request.headers;
    const call: Call = {
      method: request.method,
      path,
      ...(origin !== undefined && { origin }),
      status: 0,
      at: tenant.now(),
    };
    request.setDecorator<Exchange>(KEY, { call, effects: [] });
    if (!path.startsWith('/sandbox/')) tenant.calls.record(call);
  });

  app.addHook('preValidation', async (request, reply) => {
    const exchange = exchangeOf(request);
    const { call } = exchange;
    Object.assign(call, tokenRequestOf(request));
    if (call.path.startsWith('/sandbox/')) return;
    const effects = tenant.faults.take(call);
    exchange.effects = effects.filter((effect) => !answers(effect));
    if (await meetEffects(effects, { request, reply, call, closing: tenant.closing })) return reply;
  });

  app.addHook('onSend', async (request, reply) => {
    const { call } = exchangeOf(request);
    call.status = reply.statusCode;
    call.answeredAt = tenant.now();
    reply.header('date', new Date(tenant.now()).toUTCString());
  });
}

/** The parts of a token request that the call log and the faults look at. */
function tokenRequestOf(request: FastifyRequest): Partial<Call> {
  const body = withNestedLookup(request.body) as Record<string, unknown> | null | undefined;
  if (typeof body !== 'object' || body === null) return {};
  const grantType = body.grant_type;
  const lookup = body.user_lookup as { field?: unknown; value?: unknown } | null | undefined;
  return {
    ...(typeof grantType === 'string' ? { grantType } : {}),
    ...(typeof lookup?.field === 'string' && typeof lookup.value === 'string'
      ? { userLookup: { field: lookup.field, value: lookup.value } }
      : {}),
  };
}
