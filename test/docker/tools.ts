import { spawnSync } from 'node:child_process';

export interface Needs {
  readonly programs: readonly string[];
  /** Root, and a kernel that lets it have file systems and networks of its own. */
  readonly namespaces?: true;
}

/**
 * Why tests that need these things are to be skipped, or `false` when all are here. When `CI` is set, something
 * missing is an error.
 */
export function missing({ programs, namespaces }: Needs): string | false {
  const absent = programs.filter((program) => !succeeds('sh', '-c', `command -v ${program}`));
  const reasons = [
    ...absent.map((program) => `${program} is missing`),
    ...(namespaces && process.getuid?.() !== 0 ? ['only root may'] : []),
    ...(namespaces && !succeeds('unshare', '--mount', '--net', 'true') ? ['no namespaces can be made'] : []),
  ];
  if (reasons.length === 0) return false;
  if (process.env.CI) throw new Error(`${reasons.join(', ')}; npm run set-up installs programs on Debian`);
  return reasons.join(', ');
}

function succeeds(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}
