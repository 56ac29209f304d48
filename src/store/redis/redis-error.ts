import { BrokerError } from '../../errors.ts';

/**
 * Why Redis did not do what it was asked, without what it was asked: the errors of the client hold commands with their
 * arguments, passwords among them.
 *
 * The code is the word with which Redis begins its answer (`READONLY`, `OOM`, `WRONGPASS`, …), the operating system's or
 * the TLS library's (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, …), `TIMEOUT`, or `DISCONNECTED`.
 */
export class RedisError extends BrokerError {
  constructor(code: string) {
    super(code, `Redis: ${code}`);
  }
}

export function toRedisError(error: unknown): RedisError {
  if (!(error instanceof Error)) return new RedisError('DISCONNECTED');
  const { name, message, code } = error as NodeJS.ErrnoException;
  if (name === 'ReplyError') return new RedisError(/^[A-Z]{2,30}\b/.exec(message)?.[0] ?? 'ERR');
  if (typeof code === 'string' && /^\w{1,60}$/.test(code)) return new RedisError(code);
  return new RedisError(/timed out|timeout/i.test(message) ? 'TIMEOUT' : 'DISCONNECTED');
}

/** Answers of a server that is not, or no longer, the one to talk to; another connection may lead to the right one. */
const ELSEWHERE = new Set(['READONLY', 'MASTERDOWN', 'LOADING', 'NOAUTH']);

export function leadsElsewhere(error: Error): boolean {
  return ELSEWHERE.has(toRedisError(error).code);
}
