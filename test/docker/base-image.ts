import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Buildah } from './buildah.ts';
import { run } from './run.ts';

/**
 * Makes, from Debian's packages and npm's, an image like the one that the Dockerfile names, `node:24-<debian>-slim`,
 * and gives it that name. Nothing is pulled.
 */
export async function makeBaseImage(buildah: Buildah, name: string, folder: string): Promise<void> {
  const [, nodeMajor, debian] = /^node:(\d+)-(\w+)-slim$/.exec(name) ?? [];
  if (!nodeMajor || !debian) throw new Error(`${name} names no Node and Debian`);
  const container = await buildah.run('from', 'scratch');
  const root = await buildah.run('mount', container);
  const nodePackage = `node-linux-${process.arch}`;

  await Promise.all([
    run('mmdebstrap', [
      '--quiet',
      '--variant=essential',
      '--include=libstdc++6',
      '--format=directory',
      debian,
      root,
    ]),
    run(
      'npm',
      ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder].concat(
        `${nodePackage}@${nodeMajor}`,
        'npm@11',
      ),
    ),
  ]);
  const packages = join(folder, 'node_modules');
  const local = join(root, 'usr/local');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  cpSync(join(packages, nodePackage, 'bin/node'), join(local, 'bin/node'));
  cpSync(join(packages, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));

  await buildah.run('commit', '--quiet', '--rm', container, name);
}
