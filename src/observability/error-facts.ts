import { BrokerError } from '../errors.ts';

/** What a log may show of an error. */
export interface ErrorFacts {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
  readonly facts?: object;
  readonly frames?: readonly string[];
  readonly cause?: ErrorFacts;
}

const MAX_CAUSES = 5;

/**
 * An error without what it may have picked up on its way: a foreign message can quote a body, a header or a URL. Of
 * errors that are not ours, the type, the code and the places in the code remain.
 */
export function errorFacts(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, code, cause, stack, message } = error as Error & { code?: unknown };
  return {
    type: name,
    ...(typeof code === 'string' && /^\w{1,60}$/.test(code) && { code }),
    ...(error instanceof BrokerError ? ownFacts(error) : { frames: frames(stack, message) }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: errorFacts(cause, depth + 1) }),
  };
}

function ownFacts({ message, details, retryAfterMs }: BrokerError): Partial<ErrorFacts> {
  return {
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(details && { facts: details }),
  };
}

/** The places of a stack, which begins with the message; when that cannot be told apart, none. */
function frames(stack: string | undefined, message: string): string[] {
  const start = stack?.indexOf(message) ?? -1;
  if (stack === undefined || start < 0) return [];
  const lines = stack.slice(start + message.length).split('\n');
  return lines.filter((line) => /^ {4}at /.test(line)).map((line) => line.trim());
}
