import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { settings as table } from '../../src/config/settings.ts';
import { unknownVariables } from '../../src/config/unknown-variables.ts';
import { problemsOf } from './base-env.ts';

const named = (...names: string[]) =>
  unknownVariables(Object.fromEntries(names.map((name) => [name, 'canary']))).map(
    ({ name, message }) => `${name} ${message}`,
  );

describe('a misspelt setting', () => {
  for (const [name, meant] of [
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['public_url', 'PUBLIC_URL'],
    ['POTRAL_AUTH', 'PORTAL_AUTH'],
    ['PORTALAUTH', 'PORTAL_AUTH'],
    ['QLIK_TENNANT_URL', 'QLIK_TENANT_URL'],
    ['QILK_CLIENT_ID', 'QLIK_CLIENT_ID'],
    ['REDISURL', 'REDIS_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['SESION_SECRET', 'SESSION_SECRET'],
    ['SESION_SECRET_FILE', 'SESSION_SECRET_FILE'],
    ['SESSION_SECRETS', 'SESSION_SECRET'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['NODE_ENVV', 'NODE_ENV'],
    ['USER_TABLE_FILE', 'USER_TABLE'],
    ['POST_LOGOUT_URI', 'POST_LOGOUT_URL'],
    ['OIDC_ISUER', 'OIDC_ISSUER'],
    ['SESSION_IDLE', 'SESSION_IDLE_TIMEOUT'],
    ['TOKEN_REFRESH', 'TOKEN_REFRESH_BEFORE'],
  ] as const) {
    test(`${name} is named with ${meant}, and without its value`, () =>
      assert.deepEqual(named(name), [`${name} is not a setting; did you mean ${meant}?`]));
  }

  test('that is near to none is named when it has one of our prefixes', () =>
    assert.deepEqual(named('QLIK_API_KEY', 'OIDC_CLIENT', 'SIGN_IN_WITH'), [
      'QLIK_API_KEY is not a setting; is it misspelt?',
      'OIDC_CLIENT is not a setting; is it misspelt?',
      'SIGN_IN_WITH is not a setting; is it misspelt?',
    ]));

  test('is named wherever one letter of a long name is wrong', () => {
    const long = [...table.keys()].filter((name) => name.length >= 9);
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ_'];
    fc.assert(
      fc.property(
        fc.constantFrom(...long),
        fc.nat(100),
        fc.constantFrom('', ...letters),
        fc.boolean(),
        (name, at, letter, replaces) => {
          const index = at % name.length;
          const wrong = name.slice(0, index) + letter + name.slice(index + (replaces ? 1 : 0));
          // Those of Qlik’s own command line are somebody else’s.
          fc.pre(!table.has(wrong) && !table.has(wrong.replace(/_FILE$/, '')) && !/^QLIK_CLI_/.test(wrong));
          assert.equal(unknownVariables({ [wrong]: 'x' }).length, 1, wrong);
        },
      ),
    );
  });

  test('stands beside what is missing for it', () =>
    assert.deepEqual(problemsOf({ PORTAL_AUTH: undefined, POTRAL_AUTH: 'demo' }), [
      'PORTAL_AUTH: is required: `oidc`, `proxy`, `assertion`, `demo`',
      'POTRAL_AUTH: is not a setting; did you mean PORTAL_AUTH?',
    ]));
});

describe('variables that others set', () => {
  for (const [whose, names] of Object.entries({
    'a login on Debian':
      'PATH HOME HOST USER USERNAME LOGNAME SHELL LANG LANGUAGE LC_ALL LC_CTYPE TERM TERMINFO TZ PWD OLDPWD SHLVL _ MAIL EDITOR VISUAL PAGER LESS LESSOPEN LS_COLORS COLORTERM TMPDIR TMP TEMP DISPLAY WAYLAND_DISPLAY SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_AUTH_SOCK SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND DEBIAN_FRONTEND SESSION_MANAGER DESKTOP_SESSION DBUS_SESSION_BUS_ADDRESS XDG_SESSION_ID XDG_SESSION_TYPE XDG_SESSION_CLASS XDG_RUNTIME_DIR XDG_DATA_DIRS XDG_CONFIG_DIRS GNOME_TERMINAL_SCREEN GTK_MODULES QT_ACCESSIBILITY VTE_VERSION WINDOWID USER_ZDOTDIR VSCODE_IPC_HOOK_CLI',
    'an image of Docker’s':
      'HOSTNAME NODE_VERSION YARN_VERSION NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_PATH NODE_ENV NODE_ICU_DATA NODE_TLS_REJECT_UNAUTHORIZED SSL_CERT_FILE SSL_CERT_DIR container DOCKER_HOST DOCKER_BUILDKIT COMPOSE_PROJECT_NAME DEBUG NO_COLOR FORCE_COLOR CI',
    'a pod':
      'KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_PROTO KUBERNETES_PORT_443_TCP_PORT KUBERNETES_PORT_443_TCP_ADDR POD_NAME POD_NAMESPACE POD_IP NODE_NAME HOST_IP SERVICE_PORT SERVICE_HOST SERVICE_NAME',
    systemd:
      'INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES WATCHDOG_USEC WATCHDOG_PID MAINPID MANAGERPID SYSTEMD_EXEC_PID RUNTIME_DIRECTORY STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE SERVICE_RESULT EXIT_CODE EXIT_STATUS',
    'GitHub’s runners':
      'CI GITHUB_ACTION GITHUB_ACTIONS GITHUB_ACTOR GITHUB_API_URL GITHUB_BASE_REF GITHUB_ENV GITHUB_EVENT_NAME GITHUB_EVENT_PATH GITHUB_HEAD_REF GITHUB_JOB GITHUB_OUTPUT GITHUB_PATH GITHUB_REF GITHUB_REF_NAME GITHUB_REPOSITORY GITHUB_RUN_ID GITHUB_SERVER_URL GITHUB_SHA GITHUB_STEP_SUMMARY GITHUB_TOKEN GITHUB_WORKFLOW GITHUB_WORKSPACE RUNNER_ARCH RUNNER_DEBUG RUNNER_NAME RUNNER_OS RUNNER_TEMP RUNNER_TOOL_CACHE RUNNER_WORKSPACE ACTIONS_RUNTIME_TOKEN ACTIONS_RUNTIME_URL ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_CACHE_URL ImageOS ImageVersion AGENT_TOOLSDIRECTORY ANDROID_HOME JAVA_HOME GOROOT_1_22_X64 HOMEBREW_PREFIX PIPX_HOME SELENIUM_JAR_PATH',
    'other platforms':
      'AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_EXECUTION_ENV ECS_CONTAINER_METADATA_URI_V4 K_SERVICE K_REVISION K_CONFIGURATION GOOGLE_CLOUD_PROJECT GOOGLE_APPLICATION_CREDENTIALS WEBSITE_SITE_NAME WEBSITE_HOSTNAME WEBSITES_PORT IDENTITY_ENDPOINT IDENTITY_HEADER AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_TENANT_ID DYNO FLY_APP_NAME RENDER VCAP_SERVICES VCAP_APPLICATION GITLAB_CI CI_JOB_TOKEN BUILD_ID JENKINS_URL OTEL_EXPORTER_OTLP_ENDPOINT',
    'npm and proxies':
      'npm_config_registry npm_config_cache npm_config_user_agent npm_config_node_gyp npm_lifecycle_event npm_lifecycle_script npm_package_name npm_package_version npm_package_json npm_node_execpath npm_execpath npm_command INIT_CWD NODE http_proxy https_proxy no_proxy all_proxy ftp_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY FTP_PROXY QLIK_CLI_USER_HOME_DIR',
  })) {
    test(`${whose} are not named`, () => assert.deepEqual(named(...names.split(' ')), []));
  }

  const SERVICES = [
    ...['redis', 'redis-master', 'admin', 'qlik', 'qlik-token-broker', 'session-store', 'user', 'public'],
    ...['portal', 'token', 'tenant', 'tenants', 'proxy', 'store', 'port', 'host', 'oidc', 'groups'],
  ];

  for (const service of SERVICES) {
    test(`Kubernetes for a Service named ${service} are not named`, () => {
      const others = unknownVariables(kubernetes(service, 6379));
      assert.deepEqual(others, []);
    });
  }

  test('Kubernetes for any Service are not named', () =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]([-a-z]{0,14}[a-z])?$/),
        fc.integer({ min: 1, max: 65_535 }),
        (name, port) => assert.deepEqual(unknownVariables(kubernetes(name, port)), []),
      ),
    ));

  test('Docker for a container that is linked are not named', () =>
    assert.deepEqual(
      unknownVariables({
        REDIS_NAME: '/broker/redis',
        REDIS_PORT: 'tcp://172.17.0.5:6379',
        REDIS_PORT_6379_TCP: 'tcp://172.17.0.5:6379',
        REDIS_PORT_6379_TCP_ADDR: '172.17.0.5',
        REDIS_ENV_REDIS_VERSION: '7.2',
      }),
      [],
    ));

  test('Kubernetes hide no misspelt setting beside them', () =>
    assert.deepEqual(
      unknownVariables({ ...kubernetes('redis', 6379), REDIS_PASSWORD: 'canary', REDIS_URI: 'canary' }).map(
        ({ name }) => name,
      ),
      ['REDIS_PASSWORD', 'REDIS_URI'],
    ));

  test('somebody who means REDIS_PORT as a setting is told that it is none', () =>
    assert.deepEqual(named('REDIS_PORT'), ['REDIS_PORT is not a setting; is it misspelt?']));
});

test('a port that Kubernetes set for a Service of that name is refused with a word', () =>
  assert.deepEqual(problemsOf({ ...kubernetes('admin', 80) }), [
    'ADMIN_PORT: is what Kubernetes sets for a Service of that name; give the pod `enableServiceLinks: false`',
  ]));

/** What Kubernetes sets in a pod for a Service (makeLinkVariables). */
function kubernetes(service: string, port: number): Record<string, string> {
  const prefix = service.toUpperCase().replaceAll('-', '_');
  const [address, link] = ['10.0.0.11', `tcp://10.0.0.11:${port}`];
  return {
    [`${prefix}_SERVICE_HOST`]: address,
    [`${prefix}_SERVICE_PORT`]: String(port),
    [`${prefix}_SERVICE_PORT_MAIN`]: String(port),
    [`${prefix}_PORT`]: link,
    [`${prefix}_PORT_${port}_TCP`]: link,
    [`${prefix}_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`${prefix}_PORT_${port}_TCP_PORT`]: String(port),
    [`${prefix}_PORT_${port}_TCP_ADDR`]: address,
  };
}
