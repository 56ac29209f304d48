import { BrokerError } from '../../errors.ts';

/**
 * Why Redis did not do what it was asked, without what it was asked: the errors of the client hold commands with their
 * arguments, passwords among them.
 *
 * The code is the word with which Redis begins its answer (`READONLY`, `OOM`, `WRONGPASS`, …), the operating system's or
 * the TLS library's (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, …), `TIMEOUT`, or `DISCONNECTED`. The message is that answer.
 */
export class RedisError extends BrokerError {
  /** Redis itself said so. */
  readonly isAnswer: boolean;
  /** Why this Redis will never do, for the operator who named it: another one is needed, or another setting. */
  readonly unsuitable: string | undefined;

  constructor(
    code: string,
    { answer, unsuitable }: { answer?: string; unsuitable?: string | undefined } = {},
  ) {
    super(code, `Redis: ${answer ?? code}${unsuitable ? `; it ${unsuitable}` : ''}`);
    this.isAnswer = answer !== undefined;
    this.unsuitable = unsuitable;
  }
}

export function toRedisError(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  if (!(error instanceof Error)) return new RedisError('DISCONNECTED');
  const { name, message, code } = error as NodeJS.ErrnoException;
  if (name === 'ReplyError')
    return new RedisError(/^[A-Z]{2,30}\b/.exec(message)?.[0] ?? 'ERR', { answer: answerOf(error) });
  if (typeof code === 'string' && /^\w{1,60}$/.test(code)) return new RedisError(code);
  return new RedisError(/timed out|timeout/i.test(message) ? 'TIMEOUT' : 'DISCONNECTED');
}

const MAX_ANSWER = 160;
/** Shorter ones are numbers and flags. */
const SHORTEST_ARGUMENT = 3;

/** What Redis said, in one line of ASCII, without the user and whatever it repeats of what it was sent. */
function answerOf(error: Error): string {
  const { args = [] } = (error as { command?: { args?: readonly unknown[] } }).command ?? {};
  const sent = args.map(String).filter((argument) => argument.length >= SHORTEST_ARGUMENT);
  let answer = error.message
    .replace(/,? with args beginning with.*/s, '')
    .replace(/,? script: [\da-f]{40}.*/s, '')
    .replace(/\buser \S+ has\b/gi, 'the user has');
  for (const argument of sent) answer = answer.replaceAll(argument, '…');
  return (
    answer
      .replace(/[^\x21-\x7e…]+/g, ' ')
      .trim()
      .slice(0, MAX_ANSWER) || 'ERR'
  );
}

/** Answers of a server that is not, or no longer, the one to talk to; another connection may lead to the right one. */
const ELSEWHERE = new Set(['READONLY', 'MASTERDOWN', 'LOADING', 'NOAUTH']);

export function leadsElsewhere(error: Error): boolean {
  return ELSEWHERE.has(toRedisError(error).code);
}

/** Whether Redis refused a right, or has no such command, as managed services do without some. */
export function isRefusal({ code, message }: RedisError): boolean {
  return code === 'NOPERM' || /unknown command/i.test(message);
}
