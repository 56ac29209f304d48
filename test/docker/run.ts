import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  readonly env?: Record<string, string>;
  /** Whether a failure is an answer, too. */
  readonly mayFail?: true;
}

/** Runs a program to its end; resolves to what it printed. Rejects with that when the program fails. */
export async function run(
  program: string,
  args: readonly string[],
  { env, mayFail }: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0 && !mayFail)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}${errors}`);
  return output.trim();
}
