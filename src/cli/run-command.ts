import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a command in this terminal, with these variables besides those of the environment. Resolves to its exit code, 1
 * when a signal ended it. SIGTERM is passed on to it; the terminal sends SIGINT and SIGHUP to it by itself. Rejects when
 * there is no such command.
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const passOn = () => child.kill('SIGTERM');
  const wait = () => {};
  process.on('SIGTERM', passOn).on('SIGINT', wait).on('SIGHUP', wait);
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } catch (error) {
    throw new Error(`cannot run \`${program}\`: ${(error as NodeJS.ErrnoException).code}`);
  } finally {
    process.off('SIGTERM', passOn).off('SIGINT', wait).off('SIGHUP', wait);
  }
}
