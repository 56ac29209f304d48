/** What each file in `commands/` exports. */
export interface Command {
  /** What `--help` prints, with a line break at its end. */
  readonly usage: string;
  /**
   * Resolves when the command has done its work or, if it goes on until a signal, when it has started. Throws a
   * `WrongUsageError`, or what `parseArgs` throws, when it is called in a way that `usage` does not show.
   */
  run(args: string[]): Promise<void>;
}
