import { parseArgs } from 'node:util';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { stopOnSignals } from '../../service/signals.ts';
import { parsePort } from '../port-option.ts';

/** What `--help` prints. */
export const usage = `Usage: qlik-token-broker sandbox [--port <port>] [--allow-origin <origin>]... [--json]

Runs an emulated Qlik Cloud tenant on 127.0.0.1 and prints the credentials of its OAuth clients, made at each start.

  --port          default 9090
  --allow-origin  origin of a page that may use the impersonation client's tokens;
                  default http://localhost:3000
  --json          prints one line of JSON instead
`;

const SHUTDOWN_TIMEOUT_MS = 5_000;

/** `qlik-token-broker sandbox`. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '9090' },
      'allow-origin': { type: 'string', multiple: true, default: ['http://localhost:3000'] },
      json: { type: 'boolean' },
    },
  });

  const tenant = await createSandbox({
    port: parsePort(values.port),
    allowedOrigins: values['allow-origin'],
  });
  stopOnSignals({ close: tenant.close, timeoutMs: SHUTDOWN_TIMEOUT_MS, emit() {} });
  const { url, impersonationClient, managementClient, users } = tenant;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ url, impersonationClient, managementClient, users })}\n`);
    return;
  }
  process.stdout.write(`
  Sandbox tenant   ${url}
  Users            ${users.map(({ subject }) => subject).join(', ')}

  Impersonates     client id      ${impersonationClient.clientId}
                   client secret  ${impersonationClient.clientSecret}
  Manages          client id      ${managementClient.clientId}
                   client secret  ${managementClient.clientSecret}

  Ctrl+C ends it.
`);
}
