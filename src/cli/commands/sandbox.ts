import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { freePort } from '../../demo/free-port.ts';
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { stopOnSignals } from '../../service/signals.ts';
import { parsePort } from '../port-option.ts';
import { runCommand } from '../run-command.ts';

/** What `--help` prints. */
export const usage = `Usage: qlik-token-broker sandbox [--port <port>] [--allow-origin <origin>]... [--json]
       qlik-token-broker sandbox [--port <port>] [--allow-origin <origin>]... [--] <command> [<argument>]...

Runs an emulated Qlik Cloud tenant on 127.0.0.1 and prints the settings with which the service uses it, and the
credentials of its OAuth clients, made at each start. With a command, such as \`npm start\`, runs it with these settings
in its environment, and ends with it.

  --port          default 9090, or a free one when that is taken
  --allow-origin  origin of a page that may use the impersonation client's tokens;
                  default that of PUBLIC_URL, or http://localhost:3000, and those in ALLOWED_ORIGINS
  --json          prints one line of JSON instead
`;

const SHUTDOWN_TIMEOUT_MS = 5_000;

/** `qlik-token-broker sandbox`. */
export async function run(args: string[]): Promise<void> {
  const { values, positionals: command } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      'allow-origin': { type: 'string', multiple: true },
      json: { type: 'boolean' },
    },
  });

  const tenant = await createSandbox({
    port: values.port === undefined ? await freePort(9090, '127.0.0.1') : parsePort(values.port),
    allowedOrigins: values['allow-origin'] ?? pageOrigins(),
  });
  if (command.length > 0) {
    try {
      process.stdout.write(`\n  Sandbox tenant   ${tenant.url}\n\n`);
      process.exitCode = await runCommand(command, settingsFor(tenant));
    } finally {
      await tenant.close();
    }
    return;
  }
  stopOnSignals({ close: tenant.close, timeoutMs: SHUTDOWN_TIMEOUT_MS, emit() {} });
  const { url, impersonationClient, managementClient, users } = tenant;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ url, impersonationClient, managementClient, users })}\n`
      : described(tenant),
  );
}

function described(tenant: Sandbox): string {
  const { clientId, clientSecret } = tenant.managementClient;
  return `
  Sandbox tenant   ${tenant.url}
  Users            ${tenant.users.map(({ subject }) => subject).join(', ')}

  The service uses it with these settings, for .env or the environment:

${Object.entries(settingsFor(tenant))
  .map(([name, value]) => `${name}=${value}\n`)
  .join('')}
  For USER_MAPPING=lookup or provision, the client that manages users:

QLIK_ADMIN_CLIENT_ID=${clientId}
QLIK_ADMIN_CLIENT_SECRET=${clientSecret}

  Ctrl+C ends it. \`npm run sandbox -- npm start\` starts the service, too.
`;
}

/** The users that the demo sign-in offers without `DEMO_USERS` are the sandbox's. */
function settingsFor({ url, impersonationClient }: Sandbox): Record<string, string> {
  return {
    PORTAL_AUTH: process.env.PORTAL_AUTH || 'demo',
    QLIK_TENANT_URL: url,
    QLIK_CLIENT_ID: impersonationClient.clientId,
    QLIK_CLIENT_SECRET: impersonationClient.clientSecret,
    SESSION_SECRET: process.env.SESSION_SECRET || randomBytes(32).toString('hex'),
  };
}

/** Where the service will find its pages, as far as the environment says. */
function pageOrigins(): string[] {
  const { PUBLIC_URL, PORT, ALLOWED_ORIGINS = '' } = process.env;
  return [PUBLIC_URL || `http://localhost:${PORT || 3000}`, ...ALLOWED_ORIGINS.split(',')]
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).origin);
}
