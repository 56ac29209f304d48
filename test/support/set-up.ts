import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that tests run besides Node, files that those need, and the Debian packages that hold them. */
const NEEDED = {
  buildah: 'buildah',
  chromium: 'chromium',
  'chromium-headless-shell': 'chromium-headless-shell',
  crun: 'crun',
  curl: 'curl',
  faketime: 'faketime',
  jq: 'jq',
  mmdebstrap: 'mmdebstrap',
  nginx: 'nginx',
  openssl: 'openssl',
  php: 'php-cli',
  '/usr/bin/python3': 'python3',
  '/usr/lib/python3/dist-packages/cryptography': 'python3-cryptography',
  '/usr/lib/python3/dist-packages/jwt': 'python3-jwt',
  '/usr/share/java/gson.jar': 'libgoogle-gson-java',
  'redis-server': 'redis-server',
  'systemd-analyze': 'systemd',
  tinyproxy: 'tinyproxy',
};

function has(needed: string): boolean {
  return needed.startsWith('/') ? existsSync(needed) : hasProgram(needed);
}

function hasProgram(program: string): boolean {
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

const missing = Object.entries(NEEDED).filter(([name]) => !has(name));
if (missing.length === 0) {
  say(`${Object.keys(NEEDED).join(', ')} are here`);
} else if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
  const packages = missing.map(([, debianPackage]) => debianPackage);
  say(`installing from Debian's packages: ${packages.join(', ')}`);
  const installed = apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  say(installed ? 'installed' : 'could not install them; the tests that need them will say so');
} else {
  say(`missing: ${missing.map(([name]) => name).join(', ')}; the tests that need them are skipped`);
}
