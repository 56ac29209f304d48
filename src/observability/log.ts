import { type Logger, type LoggerOptions, pino } from 'pino';
import { errorFacts } from './error-facts.ts';

export type Log = Logger;

/** A log of JSON lines on the standard output. Pass errors as `err`: only what is known to be safe of them is written. */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    serializers: { err: errorFacts },
    hooks: {
      // For an entry without a message pino would write the error's.
      logMethod(args, method) {
        if (args.length === 1 && typeof args[0] === 'object') args[1] = '';
        method.apply(this, args);
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
