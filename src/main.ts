import { readFileSync } from 'node:fs';
import { ConfigurationError, loadSettings } from './config/load.ts';
import { parseUserTable } from './directory/user-table.ts';
import { createLog } from './observability/log.ts';
import { parseDemoUsers } from './portal/demo.ts';
import { createService } from './service/service.ts';
import { stopOnSignals } from './stop-on-signals.ts';

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
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`The configuration has ${error.problems.length} problem(s):\n`);
  for (const { name, message } of error.problems) process.stderr.write(`  ${name}: ${message}\n`);
  process.exitCode = EXIT_MISCONFIGURED;
}
