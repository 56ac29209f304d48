import { type Logger, pino } from 'pino';
import { errorFacts } from './error-facts.ts';

export type Log = Logger;

/** A log of JSON lines on the standard output. Pass errors as `err`: only what is known to be safe of them is written. */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = { level, base: null, serializers: { err: errorFacts } };
  return destination ? pino(options, destination) : pino(options);
}
