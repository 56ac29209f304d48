import { BrokerError } from '../errors.ts';

/** The command was called in a way that its `--help` does not show. */
export class WrongUsageError extends BrokerError<'ERR_PARSE_ARGS_WRONG_USAGE'> {
  constructor(message: string) {
    // Like the errors of `node:util`'s `parseArgs`.
    super('ERR_PARSE_ARGS_WRONG_USAGE', message);
  }
}
