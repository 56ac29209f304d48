import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { ConfigurationError, loadSettings } from '../../src/config/load.ts';
import { settings } from '../../src/config/settings.ts';
import { parseCompose } from './compose.ts';
import { brokenComposeRules, oneReplica, severalReplicas } from './compose-policy.ts';
import { pairs, parseDockerfile, type Stage } from './dockerfile.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const text = read('docker/compose.yaml');
const replicas = read('docker/compose.replicas.yaml');
const operators = parseEnv(read('docker/broker.env.example')) as Record<string, string>;

/** What goes wrong, the change that does it, and the rule that must notice. */
const mistakes: [what: string, from: string | RegExp, to: string, rule: RegExp][] = [
  ['a writable container', 'read_only: true', 'read_only: false', /read-only/],
  ['a capability', 'cap_drop: [ALL]', 'cap_drop: [ALL]\n    cap_add: [NET_ADMIN]', /read-only/],
  ['capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', /read-only/],
  ['new privileges', 'no-new-privileges:true', 'no-new-privileges:false', /read-only/],
  ['privileges', 'scale: 1', 'scale: 1\n    privileged: true', /read-only/],
  ['root', 'scale: 1', 'scale: 1\n    user: "0"', /read-only/],
  ['two replicas', 'scale: 1', 'scale: 2', /one replica/],
  ['the service open to the world', 'scale: 1', 'scale: 1\n    ports: ["3000:3000"]', /through the proxy/],
  ['a proxy that starts early', 'service_healthy', 'service_started', /when it is healthy/],
  ['another shared network', '[inside, entrance]', '[inside, outside]', /internal one/],
  ['an open shared network', 'internal: true', 'internal: false', /internal one/],
  ['another subnet', '- subnet: 172.30.64.0/24', '- subnet: 172.30.65.0/24', /trusted/],
  ['a misspelt setting', 'TRUSTED_PROXIES:', 'TRUSTED_PROXYS:', /is a setting/],
  [
    'a secret in the environment',
    'SESSION_SECRET_FILE: /run/secrets/',
    'SESSION_SECRET: ',
    /secrets are files/,
  ],
  [
    'a secret not granted',
    '[qlik_client_secret, oidc_client_secret, session_secret]',
    '[session_secret]',
    /secrets are files/,
  ],
  ['an early end', 'stop_grace_period: 30s', 'stop_grace_period: 10s', /killed only after/],
  ['no time to stop', 'stop_grace_period: 30s', '', /killed only after/],
  ['another health check', '"node", "dist/health-check.js"', '"curl", "localhost"', /health check/],
];

const storeMistakes: typeof mistakes = [
  ['one replica', 'scale: 2', 'scale: 1', /several replicas/],
  ['no key', /^ +STORE_KEY_FILE.*\n/m, '', /several replicas/],
  ['a store open to the world', 'user: "999:1000"', 'ports: ["6379:6379"]', /replicas only/],
  ['a store in the open', 'networks: [state]', 'networks: [outside]', /internal/],
  ['a store that the proxy reaches', '[inside, entrance]', '[inside, entrance, state]', /replicas only/],
  ['a store that forgets', '- state:/data', '- other:/data', /volume/],
  ['a store that is root', 'user: "999:1000"', 'user: "0"', /read-only/],
  ['a password in the open', 'REDIS_URL_FILE: /run/secrets/', 'REDIS_URL: ', /secrets are files/],
];

describe('docker/compose.replicas.yaml', () => {
  test('keeps every rule', () => {
    assert.deepEqual(brokenComposeRules(parseCompose(replicas), severalReplicas), []);
  });

  for (const [what, from, to, rule] of storeMistakes) {
    test(`with ${what} would break a rule`, () => {
      const broken = replicas.replace(from, to);
      assert.notEqual(broken, replicas);
      assert.match(brokenComposeRules(parseCompose(broken), severalReplicas).join('\n'), rule);
    });
  }
});

describe('docker/compose.yaml', () => {
  test('keeps every rule', () => {
    assert.deepEqual(brokenComposeRules(parseCompose(text), oneReplica), []);
  });

  for (const [what, from, to, rule] of mistakes) {
    test(`with ${what} would break a rule`, () => {
      const broken = text.replace(from, to);
      assert.notEqual(broken, text);
      assert.match(brokenComposeRules(parseCompose(broken), oneReplica).join('\n'), rule);
    });
  }

  test('is, with broker.env and the image’s environment, a configuration that lacks what only the operator knows', () => {
    const image = parseDockerfile(read('Dockerfile')).stages.at(-1) as Stage;
    const env = {
      ...Object.fromEntries(pairs(image, 'ENV')),
      ...operators,
      ...parseCompose(text).services.broker.environment,
    };
    assert.throws(
      () => loadSettings({ env, readFile: () => `${'s'.repeat(64)}\n` }),
      (error: ConfigurationError) => {
        assert.ok(error instanceof ConfigurationError);
        assert.deepEqual(
          error.issues.map(({ name }) => name),
          ['QLIK_CLIENT_ID', 'OIDC_ISSUER', 'OIDC_CLIENT_ID'],
        );
        return true;
      },
    );
  });
});

describe('docker/broker.env.example', () => {
  test('names settings only, and no secret', () => {
    for (const name of Object.keys(operators)) {
      assert.ok(settings.has(name), name);
      assert.ok(!settings.get(name)?.fromFile, name);
    }
  });

  test('is not what git may keep once it is filled', () => {
    const ignored = read('.gitignore').split('\n');
    assert.ok(ignored.includes('docker/broker.env') && ignored.includes('docker/secrets/'));
  });
});
