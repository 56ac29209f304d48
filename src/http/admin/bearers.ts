import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Secret } from '../../config/secret.ts';
import { addressBlock } from '../../lib/address-block.ts';
import { createRateLimiter, type Rate } from '../../lib/rate-limiter.ts';
import { HttpProblem } from '../problem.ts';

/** What the operators' listener wants as a bearer token. */
export interface AdminTokens {
  /** For every call. */
  readonly all: Secret | undefined;
  /** For calls that read metrics, and no others. */
  readonly metrics: Secret | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** At the operators' listener: the call only reads metrics. */
    readsMetrics?: true;
  }
}

/** Wrong tokens of one address, or of IPv6 one /64. Nobody types so many, and no search gets anywhere. */
const WRONG_TOKENS: Rate = { limit: 10, windowMs: 60_000 };

/**
 * Judges who calls: returns why a call is refused, if it is. Without any token, everybody may call. A right token is never
 * refused because of others that were wrong.
 */
export function createBearers(
  tokens: AdminTokens,
  now: () => number,
): (request: FastifyRequest) => HttpProblem | undefined {
  const all = digestOf(tokens.all);
  const metrics = digestOf(tokens.metrics);
  const wrong = createRateLimiter(WRONG_TOKENS, now);

  return ({ headers: { authorization }, routeOptions, is404, socket }) => {
    if (!all && !metrics) return undefined;
    const sent = digest(/^bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    const [isForAll, isForMetrics] = [matches(sent, all), matches(sent, metrics)];
    if (isForAll || (isForMetrics && (routeOptions.config.readsMetrics === true || is404))) return undefined;
    if (isForMetrics) return new HttpProblem('admin_token_required', 'This call needs the ADMIN_TOKEN.');
    const retryAfterMs = authorization ? wrong.take(addressBlock(socket.remoteAddress ?? '')) : 0;
    return retryAfterMs === 0
      ? new HttpProblem('admin_token_required', 'Send the token of this listener as a bearer token.')
      : new HttpProblem('rate_limited', 'Too many wrong tokens.', { retryAfterMs });
  };
}

function digestOf(token: Secret | undefined): Buffer | undefined {
  return token && digest(token.reveal());
}

/** Of one length, so that the comparison tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function matches(sent: Buffer, expected: Buffer | undefined): boolean {
  return expected !== undefined && timingSafeEqual(sent, expected);
}
