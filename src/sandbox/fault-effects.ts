import { pipeline, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call } from './call-log.ts';
import { errorBody, httpError, rateLimited } from './errors.ts';
import { answers, type FaultEffect } from './faults.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'a');
const BODY_START = '{"access_token":"';
const BODY_END = '"}';

/**
 * Lets a request meet its effects, in order. Resolves true when one of them answered, or never will: the request
 * then goes no further. Rejects when `closing` fires during a delay.
 */
export async function meetEffects(
  effects: readonly FaultEffect[],
  exchange: { request: FastifyRequest; reply: FastifyReply; call: Call; closing: AbortSignal },
): Promise<boolean> {
  for (const effect of effects) {
    if (effect.type === 'latency') await delay(effect.delayMs, undefined, { signal: exchange.closing });
    else if (effect.type === 'status') sendStatus(effect, exchange.reply);
    else if (answers(effect)) takeOver(effect, exchange);
    if (answers(effect)) return true;
  }
  return false;
}

function sendStatus(effect: FaultEffect & { type: 'status' }, reply: FastifyReply): void {
  const { status, headers = {}, body = defaultBody(status), contentType } = effect;
  reply.code(status).headers(headers);
  if (body === undefined) reply.send();
  else if (typeof body === 'string') reply.type(contentType ?? 'text/plain; charset=utf-8').send(body);
  else reply.type(contentType ?? 'application/json; charset=utf-8').send(JSON.stringify(body));
}

function defaultBody(status: number): object | undefined {
  if (status < 400) return undefined;
  return errorBody(status === 429 ? rateLimited(13) : httpError(status));
}

/** The effects that Fastify would not send: they write to the response, or to the socket, themselves. */
function takeOver(
  effect: FaultEffect,
  { request, reply, call }: { request: FastifyRequest; reply: FastifyReply; call: Call },
): void {
  reply.hijack();
  const response = reply.raw;
  if (effect.type === 'hang') return;
  if (effect.type === 'reset') {
    request.raw.socket.resetAndDestroy();
    return;
  }
  call.status = 200;
  response.statusCode = 200;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  switch (effect.type) {
    case 'drip': {
      response.write(BODY_START);
      const timer = setInterval(() => response.write('a'), effect.everyMs ?? 100);
      response.once('close', () => clearInterval(timer));
      break;
    }
    case 'endless':
      pipeline(Readable.from(jsonOf(Number.POSITIVE_INFINITY)), response, ignoreAbort);
      break;
    case 'huge':
      response.setHeader('content-length', effect.bytes);
      pipeline(Readable.from(jsonOf(effect.bytes)), response, ignoreAbort);
      break;
    case 'gzipBomb':
      response.setHeader('content-encoding', 'gzip');
      pipeline(Readable.from(jsonOf(effect.bytes)), createGzip(), response, ignoreAbort);
      break;
    case 'truncated':
      response.setHeader('content-length', 2048);
      response.write(BODY_START, () => response.destroy());
      break;
  }
}

/** `{"access_token":"aaaa…"}` of exactly `bytes` bytes (no less than the empty object takes). */
function* jsonOf(bytes: number): Generator<string | Buffer> {
  yield BODY_START;
  let rest = bytes - BODY_START.length - BODY_END.length;
  while (rest > 0) {
    yield CHUNK.subarray(0, Math.min(rest, CHUNK.length));
    rest -= CHUNK.length;
  }
  yield BODY_END;
}

/** The reader went away, which is what such an answer is for. */
function ignoreAbort(): void {}
