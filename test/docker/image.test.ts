import assert from 'node:assert/strict';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { settings } from '../../src/config/settings.ts';
import { makeBaseImage } from './base-image.ts';
import { createBuildah, type ImageConfig, imageConfig } from './buildah.ts';
import { type Container, startContainer } from './container.ts';
import { litteredContext } from './context.ts';
import { parseDockerfile } from './dockerfile.ts';
import { portableNpmrc } from './npmrc.ts';
import {
  filesIn,
  filesWith,
  installedPackages,
  productionPackages,
  setuidFiles,
  worldWritableFiles,
} from './rootfs.ts';
import { missing } from './tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const LITTER = 'canary-5c1e';
const IMAGE = 'qlik-token-broker:test';

/** `/etc/hosts` is empty: over it, Buildah mounts its own while a command runs. */
const ALLOWED = /^\/(app\/(node_modules\/.+|dist\/.+|package\.json|LICENSE)|etc\/hosts)$/;

const skip = missing({ programs: ['buildah', 'crun', 'mmdebstrap'], namespaces: true });

describe('the image, built from the Dockerfile', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  const buildah = createBuildah(join(folder, 'buildah'));
  /** Where the file system of the image is mounted. */
  let rootfs: string;
  let files: string[];
  /** Those that its base does not have. */
  let added: string[];
  let config: ImageConfig;
  let manifest: string;

  before(async () => {
    const context = join(folder, 'context');
    const npmrc = join(folder, 'npmrc');
    const base = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8')).args.get('NODE_IMAGE') ?? '';
    litteredContext(context, LITTER);
    writeFileSync(npmrc, `; ${LITTER}\n${await portableNpmrc()}`, { mode: 0o600 });
    await makeBaseImage(buildah, base, join(folder, 'packages'));
    // The Docker format, since OCI's has no health check.
    await buildah.run(
      ...['build', '--quiet', '--pull-never', '--format', 'docker', '--tag', IMAGE],
      ...['--secret', `id=npmrc,src=${npmrc}`, '--build-arg', 'VERSION=1.2.3', '--build-arg', 'REVISION=abc'],
      context,
    );
    rootfs = await mounted(IMAGE);
    files = filesIn(rootfs);
    const baseFiles = new Set(filesIn(await mounted(base)));
    added = files.filter((file) => !baseFiles.has(file));
    config = await imageConfig(buildah, IMAGE);
    manifest = await buildah.run('inspect', '--type', 'image', IMAGE);
  });

  after(async () => {
    await buildah.run('rm', '--all');
    await buildah.run('rmi', '--all', '--force');
    rmSync(folder, { recursive: true, force: true });
  });

  async function mounted(image: string): Promise<string> {
    return buildah.run('mount', await buildah.run('from', '--pull-never', image));
  }

  /** Starts the image with these settings and secrets. */
  function start(t: TestContext, env: Record<string, string>): Container {
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets, { recursive: true });
    for (const [name, value] of [
      ['qlik_client_secret', 'a secret'],
      ['session_secret', 'a'.repeat(40)],
    ] as const) {
      const path = join(secrets, name);
      writeFileSync(path, `${value}\n`, { mode: 0o400 });
      chownSync(path, ...(config.User.split(':').map(Number) as [number, number]));
    }
    const container = startContainer({
      name: `image-test-${process.pid}`,
      rootfs,
      image: config,
      secrets,
      folder: mkdtempSync(join(folder, 'container-')),
      env: {
        QLIK_TENANT_URL: 'https://acme.eu.qlikcloud.com',
        QLIK_CLIENT_ID: 'client',
        QLIK_CLIENT_SECRET_FILE: '/run/secrets/qlik_client_secret',
        SESSION_SECRET_FILE: '/run/secrets/session_secret',
        ...env,
      },
    });
    t.after(() => container.remove());
    return container;
  }

  test('adds to its base what runs, and nothing else', () => {
    const strange = added.filter((file) => !ALLOWED.test(file));
    assert.deepEqual(strange, []);
    assert.ok(added.includes('/app/dist/cli/main.js'));
  });

  test('holds the production packages of the lockfile, and no others', () => {
    assert.deepEqual(installedPackages(files), productionPackages(join(root, 'package-lock.json')));
  });

  test('holds nothing of what lay beside the sources, and no setting of the builder’s npm', () => {
    assert.deepEqual(filesWith(rootfs, added, [LITTER]), []);
    assert.ok(!manifest.includes(LITTER));
    assert.deepEqual(
      files.filter((file) => /\/(\.npmrc|\.npm|_cacache|\.env|\.git)(\/|$)/.test(file)),
      [],
    );
  });

  test('holds no package manager, nothing setuid and nothing that anybody may write', () => {
    const managers = files.filter((file) => /\/bin\/(npm|npx|yarn|yarnpkg|corepack)$/.test(file));
    assert.deepEqual(managers, []);
    assert.deepEqual(setuidFiles(rootfs, files), []);
    assert.deepEqual(worldWritableFiles(rootfs, files), []);
  });

  test('gives its user none of its files', () => {
    assert.deepEqual([...new Set(added.map((file) => lstatSync(join(rootfs, file)).uid))], [0]);
  });

  test('listens on every address, for production, and leaves load balancers time at its end', () => {
    const { PATH, ...env } = parseEnv(config.Env.join('\n'));
    assert.deepEqual(env, { NODE_ENV: 'production', HOST: '0.0.0.0', SHUTDOWN_DELAY: '5s' });
    for (const name of Object.keys(env)) assert.ok(settings.has(name), name);
    assert.deepEqual(Object.keys(config.ExposedPorts), [`${settings.get('PORT')?.default}/tcp`]);
  });

  test('says what it is, how it is stopped, and how it is looked after', () => {
    const labels = Object.entries(config.Labels).map(([name, value]) => [name.split('.').at(-1), value]);
    const { title, description, licenses, version, revision } = Object.fromEntries(labels);
    assert.ok(title && description && licenses);
    assert.deepEqual([version, revision], ['1.2.3', 'abc']);
    assert.equal(config.StopSignal, 'SIGTERM');
    assert.deepEqual(config.Healthcheck.Test, ['CMD', 'node', 'dist/health-check.js']);
  });

  test('refuses the demo sign-in', async (t) => {
    const container = start(t, { PORTAL_AUTH: 'demo', PUBLIC_URL: 'https://localhost' });
    assert.equal(await container.ended, 78, container.output());
    assert.match(container.output(), /^ {2}PORTAL_AUTH: .* refused when NODE_ENV is production$/m);
  });

  test('runs read-only as nobody in particular, is healthy under its base path, and ends with 0 at SIGTERM', async (t) => {
    // The demo sign-in, which asks for no identity provider; with the container's own loopback that is safe enough.
    const container = start(t, {
      NODE_ENV: '',
      HOST: '127.0.0.1',
      PORTAL_AUTH: 'demo',
      PUBLIC_URL: 'http://localhost:3000/portal/qlik',
    });
    const inside = (script: string) => container.exec('node', '--input-type=module', '--eval', script);
    const probe = (path: string) =>
      inside(
        `const answer = await fetch('http://127.0.0.1:3000/portal/qlik${path}');
         console.log(answer.status, await answer.text())`,
      );
    for (let turn = 0; !/"event":"service.listening"/.test(container.output()); turn += 1) {
      assert.ok(turn < 200, container.output());
      await setTimeout(50);
    }

    assert.equal(await probe('/livez'), '200 {"status":"ok","checks":{}}');
    assert.match(await probe('/readyz'), /^200 \{"status":"ok"/);
    const [, ...check] = config.Healthcheck.Test;
    assert.equal(await container.exec(...check), '');

    const about = JSON.parse(
      await inside(`
        import { readFileSync, writeFileSync } from 'node:fs';
        const write = (path) => { try { writeFileSync(path, ''); return 'written' } catch ({ code }) { return code } };
        console.log(JSON.stringify({
          first: readFileSync('/proc/1/cmdline', 'utf8').split('\\0'),
          status: readFileSync('/proc/1/status', 'utf8'),
          writes: ['/app/x', '/tmp/x', '/run/x'].map(write),
          major: process.versions.node.split('.')[0],
        }))`),
    );
    assert.deepEqual(about.first, ['node', '--disable-sigusr1', 'dist/cli/main.js', 'serve', '']);
    assert.match(about.status, /^Uid:\t10001\t10001\t10001\t10001$/m);
    assert.match(about.status, /^CapEff:\t0+$/m);
    assert.match(about.status, /^NoNewPrivs:\t1$/m);
    assert.deepEqual(about.writes, ['EROFS', 'EROFS', 'EROFS']);
    assert.equal(about.major, '24');

    await container.signal('SIGTERM');
    assert.match(await probe('/readyz'), /^503 \{"status":"stopping"/);
    assert.equal(await container.ended, 0, container.output());
    assert.match(container.output(), /"event":"service.stopped"/);
  });
});
