import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every file and link below a folder, with the folder's own path cut off: `/app/package.json`. Follows no link: in the
 * file system of an image it may lead out, into that of this machine. (`readdirSync` with `recursive` may follow.)
 */
export function filesIn(folder: string, path = ''): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inner = `${path}/${entry.name}`;
    return entry.isDirectory() ? filesIn(folder, inner) : [inner];
  });
}

/** Those of the files that run with the rights of another user or group than the one who starts them. */
export function setuidFiles(folder: string, files: readonly string[]): string[] {
  return files.filter((file) => {
    const stat = lstatSync(join(folder, file));
    return stat.isFile() && (stat.mode & 0o6000) !== 0;
  });
}

/** Those of the files that anybody may write. */
export function worldWritableFiles(folder: string, files: readonly string[]): string[] {
  return files.filter((file) => {
    const stat = lstatSync(join(folder, file));
    return stat.isFile() && (stat.mode & 0o002) !== 0;
  });
}

/** Those of the files whose content has one of these words. */
export function filesWith(folder: string, files: readonly string[], words: readonly string[]): string[] {
  return files.filter((file) => {
    const path = join(folder, file);
    if (!lstatSync(path).isFile()) return false;
    const content = readFileSync(path);
    return words.some((word) => content.includes(word));
  });
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { dev?: true; devOptional?: true; optional?: true }>>;
}

/** Where the lockfile puts production packages: `node_modules/fastify`. */
export function productionPackages(lockfile: string): string[] {
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8')) as Lockfile;
  return Object.entries(packages)
    .filter(([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional)
    .map(([path]) => path)
    .sort();
}

/** Where packages are below a folder: `node_modules/fastify`. */
export function installedPackages(files: readonly string[]): string[] {
  const found = files
    .map(
      (file) => /^\/app\/((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/.exec(file)?.[1],
    )
    .filter((path) => path !== undefined);
  return [...new Set(found)].sort();
}
