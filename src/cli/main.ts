#!/usr/bin/env node
import { demo } from './commands/demo.ts';
import { sandbox } from './commands/sandbox.ts';
import { version } from './commands/version.ts';
import { WrongUsageError } from './wrong-usage.ts';

const USAGE = `Usage: qlik-token-broker <command>

Commands:
  serve      run the service with the settings of the environment
  demo       run the service, a portal and an emulated tenant on this machine
  sandbox    run an emulated Qlik Cloud tenant on this machine
  version    print the version

qlik-token-broker <command> --help says more about one.
Exit codes: 0 all well, 1 failed, 2 wrong usage, 78 wrong configuration.
`;

const SERVE_USAGE = `Usage: qlik-token-broker serve

Runs the service. Its settings come from environment variables: see docs/settings.md.
Exit codes: 0 stopped by a signal, 1 failed, 78 wrong configuration.
`;

const EXIT_FAILED = 1;
const EXIT_WRONG_USAGE = 2;

const commands: Record<string, (args: string[]) => Promise<void>> = {
  demo,
  sandbox,
  version,
  async serve(args) {
    if (args.length === 0) await import('../main.ts');
    else if (args.includes('--help')) process.stdout.write(SERVE_USAGE);
    else throw new WrongUsageError('serve takes no arguments');
  },
};

const [name = '--help', ...args] = process.argv.slice(2);
if (['--help', '-h', 'help'].includes(name)) {
  process.stdout.write(USAGE);
} else if (Object.hasOwn(commands, name)) {
  try {
    await commands[name]?.(args);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    process.stderr.write(`qlik-token-broker ${name}: ${message}\n`);
    process.exitCode = code?.startsWith('ERR_PARSE_ARGS') ? EXIT_WRONG_USAGE : EXIT_FAILED;
  }
} else {
  process.stderr.write(`There is no command \`${name}\`.\n\n${USAGE}`);
  process.exitCode = EXIT_WRONG_USAGE;
}
