import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** Buildah with a store of its own. */
export interface Buildah {
  /** Resolves to what it printed. */
  run(...args: readonly string[]): Promise<string>;
}

/** What the store keeps about an image; the parts that tests look at. */
export interface ImageConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** A Buildah that keeps everything in this folder and needs nothing of the kernel but mounts. */
export function createBuildah(folder: string): Buildah {
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, 'containers.conf');
  // The usual limits are more than some machines may grant.
  writeFileSync(configuration, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
  const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  return {
    run: (...args) =>
      run('buildah', [...store, ...args], {
        env: { CONTAINERS_CONF: configuration, BUILDAH_ISOLATION: 'chroot' },
      }),
  };
}

/** The configuration of an image as Docker would show it. */
export async function imageConfig(buildah: Buildah, image: string): Promise<ImageConfig> {
  const printed = await buildah.run('inspect', '--type', 'image', '--format', '{{.Config}}', image);
  return JSON.parse(printed).config;
}
