import { readFileSync } from 'node:fs';
import { ConfigurationError, loadSettings } from './config/load.ts';
import type { Issue } from './config/rules.ts';
import { parseDemoUsers } from './demo/demo-auth.ts';
import { parseUserTable } from './directory/user-table.ts';
import { stopOnSignals } from './lib/signals.ts';
import { createLog } from './observability/log.ts';
import { createService } from './service/service.ts';

/** `EX_CONFIG` of sysexits.h. */
const EXIT_MISCONFIGURED = 78;
const readFile = (path: string) => readFileSync(path, 'utf8');

try {
  const { settings, warnings } = loadSettings({
    env: process.env,
    readFile,
    fileChecks: { DEMO_USERS: parseDemoUsers, USER_TABLE: parseUserTable },
  });
  const log = createLog(settings.LOG_LEVEL);
  for (const { name, message } of warnings) log.warn({ variable: name }, `${name} ${message}`);

  const service = await createService({ settings, log, readFile });
  stopOnSignals({
    close: service.close,
    timeoutMs: settings.SHUTDOWN_TIMEOUT,
    report: ({ type, error }) => (error === undefined ? log.info(type) : log.error({ err: error }, type)),
  });
  const address = await service.listen();
  log.info({ address, publicUrl: settings.PUBLIC_URL.href, node: process.version }, 'listening');
} catch (error) {
  const issues = error instanceof ConfigurationError ? error.issues : listenIssues(error);
  if (!issues) throw error;
  process.stderr.write(`The configuration has ${issues.length} problem(s):\n`);
  for (const { name, message } of issues) process.stderr.write(`  ${name}: ${message}\n`);
  process.exit(EXIT_MISCONFIGURED);
}

/** What is wrong with the address to listen at; undefined when the error is about something else. */
function listenIssues(error: unknown): Issue[] | undefined {
  const { code, port } = error as { code?: unknown; port?: unknown };
  switch (code) {
    case 'EADDRINUSE':
      return [{ name: 'PORT, ADMIN_PORT', message: `something else listens at ${port}` }];
    case 'EACCES':
      return [
        { name: 'PORT, ADMIN_PORT', message: `this user may not listen at ${port}; take one above 1023` },
      ];
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return [{ name: 'HOST, ADMIN_HOST', message: 'is no address of this machine' }];
    default:
      return undefined;
  }
}
