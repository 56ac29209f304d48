import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { brokerConfig } from '../../config/broker-config.ts';
import { loadSettings } from '../../config/load.ts';
import { freePort } from '../../demo/free-port.ts';
import { createEvents } from '../../events.ts';
import { createEventLog } from '../../observability/event-log.ts';
import { createLog } from '../../observability/log.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { createService } from '../../service/service.ts';
import { stopOnSignals } from '../../service/signals.ts';
import { parsePort } from '../port-option.ts';

/** What `--help` prints. */
export const usage = `Usage: qlik-token-broker demo [--port <port>] [--log-level <level>]

Runs everything on this machine, with nothing to configure: an emulated Qlik Cloud tenant on 127.0.0.1, and the
service with a demo portal on localhost.

  --port       of the portal; default 3000, or a free one when that is taken
  --log-level  of the service; default warn
`;

const HOST = '127.0.0.1';
const SHUTDOWN_TIMEOUT_MS = 5_000;
/** The shortest that there is: whoever revokes the token twice sees it replaced twice. Only for a demo on one's own machine. */
const TOKEN_REPLACE_COOLDOWN = '1s';

/** `qlik-token-broker demo`. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '3000' },
      'log-level': { type: 'string', default: 'warn' },
    },
  });

  const port = await freePort(parsePort(values.port), HOST);
  const publicUrl = `http://localhost:${port}`;
  const sandbox = await createSandbox({ allowedOrigins: [publicUrl] });
  const { settings } = loadSettings({
    env: {
      HOST,
      PORT: String(port),
      ADMIN_PORT: String(await freePort(port + 1, HOST)),
      PUBLIC_URL: publicUrl,
      PORTAL_AUTH: 'demo',
      QLIK_TENANT_URL: sandbox.url,
      QLIK_CLIENT_ID: sandbox.impersonationClient.clientId,
      QLIK_CLIENT_SECRET: sandbox.impersonationClient.clientSecret,
      SESSION_SECRET: randomBytes(32).toString('hex'),
      TOKEN_REPLACE_COOLDOWN,
      LOG_LEVEL: values['log-level'],
    },
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  const config = brokerConfig(settings);
  const events = createEvents();
  events.subscribe(createEventLog({ log: createLog(config.logLevel), now: Date.now, ownOrigin: publicUrl }));
  const service = await createService({ config, events });
  stopOnSignals({
    close: async () => {
      await service.close();
      await sandbox.close();
    },
    timeoutMs: SHUTDOWN_TIMEOUT_MS,
    emit() {},
  });
  await service.listen();
  process.stdout.write(`
  Demo portal      ${publicUrl}
  Sandbox tenant   ${sandbox.url}

  Open the portal, sign in as one user, then as another in a second browser.
  Ctrl+C ends it.
`);
}
