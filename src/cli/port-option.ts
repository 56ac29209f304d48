import { port } from '../config/kinds/numbers.ts';
import { WrongUsageError } from './wrong-usage.ts';

/** The value of `--port`. Throws a `WrongUsageError`. */
export function parsePort(raw: string): number {
  try {
    return port.parse(raw);
  } catch (error) {
    throw new WrongUsageError(`--port: ${(error as Error).message}`);
  }
}
