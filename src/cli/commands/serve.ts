import { WrongUsageError } from '../wrong-usage.ts';

/** What `--help` prints. */
export const usage = `Usage: qlik-token-broker serve

Runs the service. Its settings come from environment variables: see docs/settings.md.
Exit codes: 0 stopped by a signal, 1 failed or stopped too slowly, 70 a bug, 78 wrong configuration.
`;

/** `qlik-token-broker serve`: the same as `node dist/main.js` without arguments. */
export async function run(args: string[]): Promise<void> {
  if (args.length > 0) throw new WrongUsageError('serve takes no arguments');
  await import('../../serve.ts');
}
