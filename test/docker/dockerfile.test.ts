import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { all, parseDockerfile, words } from './dockerfile.ts';
import { brokenRules } from './dockerfile-policy.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('Dockerfile', root), 'utf8');

/** What goes wrong, the change that does it, and the rule that must notice. */
const mistakes: [what: string, from: string | RegExp, to: string, rule: RegExp][] = [
  ['a tag that moves', 'node:24-trixie-slim', 'node:latest', /slim Node 24/],
  ['another base for one stage', /FROM \$\{NODE_IMAGE\} AS image/, 'FROM debian AS image', /slim Node 24/],
  [
    'the build stage as the image',
    /FROM \$\{NODE_IMAGE\} AS image/,
    'FROM build AS image',
    /stage of its own/,
  ],
  ['sources in the image', 'COPY package.json LICENSE ./', 'COPY package.json src ./', /only package.json/],
  ['all of the build stage', '/app/dist dist', '/app .', /only package.json/],
  ['everything in the build', 'COPY src src', 'COPY . .', /wholesale/],
  ['an address', 'COPY src src', 'ADD https://example.com/src.tar src', /archive or an address/],
  ['packages without the lockfile', 'npm ci --ignore-scripts', 'npm install --ignore-scripts', /lockfile/],
  ['scripts of packages', ' --ignore-scripts', '', /scripts of theirs/],
  ['development dependencies', ' --omit=dev', '', /production dependencies/],
  ['those of the build stage', '--from=dependencies', '--from=build', /production dependencies/],
  ['a copied .npmrc', 'COPY package.json package-lock.json', 'COPY .npmrc package-lock.json', /npmrc/],
  ['a secret argument', 'ARG VERSION=unknown', 'ARG NPM_TOKEN', /secret/],
  ['a secret variable', 'HOST=0.0.0.0', 'HOST=0.0.0.0 SESSION_SECRET=x', /secret/],
  ['root', 'USER 10001:10001', 'USER root', /user given by number/],
  ['root by number', 'USER 10001:10001', 'USER 0:0', /user given by number/],
  ['no user', 'USER 10001:10001\n', '', /user given by number/],
  ['root at the end', 'EXPOSE 3000', 'USER root\nEXPOSE 3000', /user given by number/],
  ['files of the user', 'COPY --from=build', 'COPY --chown=10001 --from=build', /owns none/],
  ['npm in the image', /RUN rm -rf.*?chmod/s, 'RUN chmod', /package manager/],
  ['setuid programs', /find \/ .*/, 'true', /changes the user/],
  [
    'a shell as process 1',
    'ENTRYPOINT ["node", "dist/cli/main.js"]',
    'ENTRYPOINT node dist/cli/main.js',
    /shell/,
  ],
  ['npm as process 1', 'ENTRYPOINT ["node", "dist/cli/main.js"]', 'ENTRYPOINT ["npm", "start"]', /process 1/],
  ['another signal', 'STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL', /SIGTERM/],
  ['no health check', /HEALTHCHECK.*?\]\n/s, '', /health check/],
  ['curl', '["node", "dist/health-check.js"]', 'curl -f http://localhost:3000/livez', /health check/],
  ['no NODE_ENV', 'NODE_ENV=production', 'NODE_ENV=development', /for production/],
  ['a variable that is no setting', 'SHUTDOWN_DELAY=5s', 'SHUTDOWN_DELAY=5s SHUTDOWN_DELY=1s', /production/],
  ['another port', 'EXPOSE 3000', 'EXPOSE 8080', /production/],
  ['a missing label', 'org.opencontainers.image.revision', 'revision', /annotations/],
];

describe('the Dockerfile', () => {
  test('keeps every rule', () => {
    assert.deepEqual(brokenRules(parseDockerfile(text)), []);
  });

  for (const [what, from, to, rule] of mistakes) {
    test(`with ${what} would break a rule`, () => {
      const broken = text.replace(from, to);
      assert.notEqual(broken, text);
      assert.match(brokenRules(parseDockerfile(broken)).join('\n'), rule);
    });
  }

  test('starts what the build makes', () => {
    for (const source of ['src/cli/main.ts', 'src/health-check.ts']) {
      assert.ok(existsSync(new URL(source, root)), source);
    }
  });
});

describe('.dockerignore', () => {
  const lines = readFileSync(new URL('.dockerignore', root), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const allowed = lines.slice(1).map((line) => line.replace(/^!/, ''));

  test('keeps everything out but a list of names', () => {
    assert.equal(lines[0], '*');
    for (const line of lines.slice(1)) assert.match(line, /^![\w.-]+$/);
  });

  test('lets in exactly what the Dockerfile copies', () => {
    const copied = parseDockerfile(text)
      .stages.flatMap((stage) => all(stage, 'COPY'))
      .filter(({ flags }) => flags.length === 0)
      .flatMap(({ rest }) => words(rest).slice(0, -1));
    assert.deepEqual([...new Set(copied)].sort(), allowed.toSorted());
  });
});
