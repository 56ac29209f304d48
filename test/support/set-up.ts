import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that tests run besides Node, and the Debian packages that hold them. */
const PROGRAMS = {
  buildah: 'buildah',
  chromium: 'chromium',
  crun: 'crun',
  curl: 'curl',
  jq: 'jq',
  mmdebstrap: 'mmdebstrap',
  nginx: 'nginx',
};

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function say(text: string): void {
  process.stdout.write(`set-up: ${text}\n`);
}

function apt(...args: string[]): boolean {
  // In runlevel 1 no installation starts the service that it brings.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

const missing = Object.entries(PROGRAMS).filter(([program]) => !has(program));
if (missing.length === 0) {
  say(`${Object.keys(PROGRAMS).join(', ')} are here`);
} else if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
  const packages = missing.map(([, debianPackage]) => debianPackage);
  say(`installing from Debian's packages: ${packages.join(', ')}`);
  const installed = apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  say(installed ? 'installed' : 'could not install them; the tests that need them will say so');
} else {
  say(`missing: ${missing.map(([program]) => program).join(', ')}; the tests that need them are skipped`);
}
