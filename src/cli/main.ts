#!/usr/bin/env node
import { nearest } from '../lib/nearest.ts';
import type { Command } from './command.ts';

interface Entry {
  readonly summary: string;
  /** Loads the command's code, and with it what only this command needs. */
  readonly load: () => Promise<Command>;
}

const commands: ReadonlyMap<string, Entry> = new Map(
  Object.entries({
    serve: {
      summary: 'run the service with the settings of the environment',
      load: () => import('./commands/serve.ts'),
    },
    demo: {
      summary: 'run the service, a portal and an emulated tenant on this machine',
      load: () => import('./commands/demo.ts'),
    },
    sandbox: {
      summary: 'run an emulated Qlik Cloud tenant on this machine',
      load: () => import('./commands/sandbox.ts'),
    },
    version: {
      summary: 'print the version',
      load: () => import('./commands/version.ts'),
    },
  }),
);

const USAGE = `Usage: qlik-token-broker <command>

Commands:
${[...commands].map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

qlik-token-broker <command> --help says more about one; --version prints the version.
Exit codes: 0 all well, 1 failed, 2 wrong usage, 70 a bug, 78 wrong configuration.
`;

const EXIT_FAILED = 1;
const EXIT_WRONG_USAGE = 2;
/** `EX_CONFIG` of sysexits.h. */
const EXIT_MISCONFIGURED = 78;
const asksForHelp = (word: string) => word === '--help' || word === '-h';
const asksForVersion = (word: string) => ['--version', '-v', '-V'].includes(word);

const [word = '--help', ...args] = process.argv.slice(2);
const name = asksForVersion(word) ? 'version' : word;
const entry = commands.get(name);
if (asksForHelp(name) || name === 'help') {
  process.stdout.write(USAGE);
} else if (entry) {
  await run(entry);
} else {
  const meant = nearest(name, [...commands.keys()]);
  const suggestion = meant ? ` Did you mean \`${meant}\`?` : '';
  process.stderr.write(`There is no command \`${name}\`.${suggestion}\n\n${USAGE}`);
  process.exitCode = EXIT_WRONG_USAGE;
}

async function run({ load }: Entry): Promise<void> {
  try {
    const command = await load();
    if (args.some(asksForHelp)) process.stdout.write(command.usage);
    else await command.run(args);
  } catch (error) {
    const { message } = error as Error;
    const exitCode = exitCodeOf(error);
    process.stderr.write(`qlik-token-broker ${name}: ${message}\n`);
    if (exitCode === EXIT_WRONG_USAGE)
      process.stderr.write(`qlik-token-broker ${name} --help shows how to call it.\n`);
    // What the command has already started would keep the process alive.
    process.exit(exitCode);
  }
}

function exitCodeOf(error: unknown): number {
  const { code } = error as { code?: unknown };
  if (code === 'configuration_invalid') return EXIT_MISCONFIGURED;
  return String(code).startsWith('ERR_PARSE_ARGS') ? EXIT_WRONG_USAGE : EXIT_FAILED;
}
