import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { type LoadedModules, loadedModules } from '../support/loaded-modules.ts';
import { freePort } from '../support/test-service.ts';

interface Mode {
  readonly env: Readonly<Record<string, string>>;
  /** In the names of its own files, which no other mode loads. */
  readonly own: RegExp;
  /** What it loads besides what serving takes. */
  readonly files?: RegExp;
  readonly packages?: readonly string[];
  /** Files of ours, and of packages; a little more than there were when this was written. */
  readonly most: { readonly ours: number; readonly packages: number };
}

const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

const modes: Readonly<Record<string, Mode>> = {
  oidc: {
    // Nobody answers there, and the service starts without.
    env: { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'portal', OIDC_CLIENT_SECRET: 'secret' },
    own: /oidc|backchannel|logout-token|provider-(?:http|metadata)/,
    packages: ['oauth4webapi', 'openid-client', 'undici'],
    most: { ours: 249, packages: 445 },
  },
  proxy: {
    env: { TRUSTED_PROXIES: '127.0.0.1/32', PROXY_SECRET: 'p'.repeat(40) },
    own: /gateway|following-session/,
    most: { ours: 231, packages: 300 },
  },
  assertion: {
    env: {
      ASSERTION_ISSUER: 'https://portal.example',
      ASSERTION_AUDIENCE: 'broker',
      ASSERTION_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    },
    own: /assertion|fixed-keys/,
    most: { ours: 235, packages: 335 },
  },
  demo: {
    env: {},
    own: /demo/,
    files: /^demo\/|^sandbox\/seed\.json$/,
    most: { ours: 236, packages: 300 },
  },
};

/** Files that serve requests, whatever the mode. Nothing of Redis: none of the modes above has one. */
const SERVING =
  /^(?:main|serve|errors|events)\.js$|^http\/(?!check-answers)|^(?:access|config|directory|lib|observability|outbound|portal|qlik|service|session|tenant|token)\/|^store\/(?!redis\/)/;

/** Packages that serve requests. Not among them: ajv, which Fastify would load to check bodies with. */
const PACKAGES = [
  '@fastify/cookie',
  '@fastify/error',
  '@fastify/formbody',
  '@fastify/forwarded',
  '@fastify/proxy-addr',
  '@opentelemetry/api',
  '@pinojs/redact',
  'abstract-logging',
  'atomic-sleep',
  'avvio',
  'bintrees',
  'cookie',
  'fast-decode-uri-component',
  'fast-deep-equal',
  'fast-json-stringify',
  'fast-querystring',
  'fastify',
  'fastify-plugin',
  'fastq',
  'find-my-way',
  'ipaddr.js',
  'jose',
  'lru-cache',
  'on-exit-leak-free',
  'pino',
  'pino-std-serializers',
  'process-warning',
  'prom-client',
  'quick-format-unescaped',
  'ret',
  'reusify',
  'rfdc',
  'safe-regex2',
  'safe-stable-stringify',
  'secure-json-parse',
  'semver',
  'sonic-boom',
  'tdigest',
  'thread-stream',
  'toad-cache',
  'valibot',
];

async function serve(t: TestContext, command: readonly string[], mode: string): Promise<LoadedModules> {
  return loadedModules(t, command, {
    PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
    QLIK_TENANT_URL: 'https://acme.eu.qlikcloud.com',
    QLIK_CLIENT_ID: 'client',
    QLIK_CLIENT_SECRET: 'secret',
    SESSION_SECRET: 's'.repeat(40),
    PORTAL_AUTH: mode,
    ...modes[mode]?.env,
  });
}

/** How many modules there are, of ours by folder and of packages by name, for whoever looks for what is new. */
function inventory({ ours, packages }: LoadedModules): string {
  const folders = new Map<string, number>();
  for (const file of ours) {
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const lines = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([name, count]) => `  ${count} ${name}`).join('\n');
  return `ours:\n${lines(folders)}\nof packages:\n${lines(packages)}`;
}

describe('serve loads what serving takes', () => {
  for (const [name, mode] of Object.entries(modes)) {
    const others = Object.values(modes).filter((other) => other !== mode);

    test(`with PORTAL_AUTH=${name}`, async (t) => {
      const loaded = await serve(t, ['dist/main.js'], name);
      const { ours, packages } = loaded;

      const strangers = [
        ...ours.filter((file) => !SERVING.test(file) && !mode.files?.test(file)),
        // Settings are read for all modes.
        ...ours.filter((file) => !file.startsWith('config/') && others.some(({ own }) => own.test(file))),
        ...[...packages.keys()].filter((each) => !PACKAGES.includes(each) && !mode.packages?.includes(each)),
      ];
      assert.deepEqual(
        [...new Set(strangers)],
        [],
        'these should not be there; or are they needed to serve?',
      );

      const ofPackages = [...packages.values()].reduce((sum, count) => sum + count, 0);
      assert.ok(
        ours.length <= mode.most.ours && ofPackages <= mode.most.packages,
        `${ours.length} modules of ours and ${ofPackages} of packages are more than ${mode.most.ours} and ` +
          `${mode.most.packages}. If each of them is needed to serve, raise the number.\n${inventory(loaded)}`,
      );

      // The list is no empty one: ES modules, what CommonJS modules require, and JSON are on it.
      assert.ok(ours.some((file) => mode.own.test(file)));
      assert.ok(packages.has('find-my-way'));
      assert.equal(ours.includes('sandbox/seed.json'), name === 'demo');
    });
  }

  test('by the command line too: besides, only the table of commands and the one that runs', async (t) => {
    const { ours } = await serve(t, ['dist/main.js'], 'proxy');
    const byCommand = await serve(t, ['dist/cli/main.js', 'serve'], 'proxy');
    assert.deepEqual(
      byCommand.ours.filter((file) => !ours.includes(file)),
      ['cli/commands/serve.js', 'cli/main.js', 'cli/wrong-usage.js'],
    );
  });
});
