import { spawnSync } from 'node:child_process';

/**
 * Why tests that run these programs are to be skipped, or `false` when all are here. When `CI` is set, something
 * missing is an error.
 */
export function missing(options: { programs: readonly string[]; asRoot?: boolean }): string | false {
  const absent = options.programs.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  const reasons = [
    ...absent.map((program) => `${program} is missing`),
    ...(options.asRoot && process.getuid?.() !== 0 ? ['it takes root'] : []),
  ];
  if (reasons.length === 0) return false;
  if (process.env.CI) throw new Error(`${reasons.join(', ')}; npm run set-up installs programs on Debian`);
  return reasons.join(', ');
}
