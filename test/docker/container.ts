import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageConfig } from './buildah.ts';
import { run } from './run.ts';

export interface ContainerOptions {
  readonly name: string;
  /** Where the image's file system is mounted. */
  readonly rootfs: string;
  readonly image: ImageConfig;
  /** Environment besides the image's own. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder that is seen as `/run/secrets`. */
  readonly secrets: string;
  /** For what belongs to the container. */
  readonly folder: string;
}

/** A running container. */
export interface Container {
  /** All that it printed so far. */
  output(): string;
  /** Runs a program inside; resolves to what it printed, rejects when it fails. */
  exec(...command: readonly string[]): Promise<string>;
  signal(name: string): Promise<string>;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Ends it, if it has not, and leaves nothing of it. */
  remove(): Promise<void>;
}

/** Crun cannot work where both versions of cgroups are mounted, so it is shown the first alone. */
const ONE_CGROUP_VERSION =
  'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec crun "$@"';

/**
 * Runs an image's entry point as a careful operator would: root file system read-only, no place to write, no
 * capability, no new privileges, and a network of its own in which nobody else is.
 */
export function startContainer(options: ContainerOptions): Container {
  const { name, folder, image } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(bundle(options)));
  const crun = (...args: string[]) => [
    ...['--mount', 'sh', '-c', ONE_CGROUP_VERSION, 'crun'],
    ...['--root', join(folder, 'state'), '--cgroup-manager=disabled', ...args],
  ];

  const child = spawn('unshare', crun('run', '--bundle', folder, name), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);

  return {
    output: () => output,
    exec: (...command) => run('unshare', crun('exec', '--cwd', image.WorkingDir, name, ...command)),
    signal: (signal) => run('unshare', crun('kill', name, signal)),
    ended,
    async remove() {
      await run('unshare', crun('delete', '--force', name), { mayFail: true });
      await ended;
    },
  };
}

/** An OCI runtime bundle, https://github.com/opencontainers/runtime-spec/blob/main/config.md */
function bundle({ rootfs, image, env, secrets }: ContainerOptions): object {
  const [uid, gid] = image.User.split(':').map(Number);
  const capabilities = Object.fromEntries(
    ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'].map((set) => [set, []]),
  );
  return {
    ociVersion: '1.0.0',
    process: {
      args: [...image.Entrypoint, ...image.Cmd],
      env: [...image.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      cwd: image.WorkingDir,
      user: { uid, gid },
      capabilities,
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/run/secrets', type: 'bind', source: secrets, options: ['bind', 'ro'] },
    ],
    linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
}
