/** The command was called in a way that its `--help` does not show. */
export class WrongUsageError extends Error {
  /** Like the errors of `node:util`'s `parseArgs`. */
  readonly code = 'ERR_PARSE_ARGS_WRONG_USAGE';
}
