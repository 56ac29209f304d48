import { readFileSync } from 'node:fs';
import { brokerConfig } from './config/broker-config.ts';
import { ConfigurationError, loadSettings } from './config/load.ts';
import type { Issue } from './config/rules.ts';
import { createEvents } from './events.ts';
import { systemClock } from './lib/clock.ts';
import { createEventLog } from './observability/event-log.ts';
import { createLog } from './observability/log.ts';
import { endOnCrash } from './service/crash.ts';
import { fileChecks } from './service/file-checks.ts';
import { createService } from './service/service.ts';
import { keepDebuggerShut, stopOnSignals } from './service/signals.ts';
import { whatRuns } from './service/what-runs.ts';

/** `EX_CONFIG` of sysexits.h. */
const EXIT_MISCONFIGURED = 78;

keepDebuggerShut();
try {
  const { env } = process;
  const { settings, warnings } = loadSettings({
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    fileChecks: await fileChecks(env),
  });
  const config = brokerConfig(settings);
  const events = createEvents();
  events.subscribe(
    createEventLog({
      log: createLog(config.logLevel),
      now: systemClock.now,
      ownOrigin: config.publicUrl.origin,
    }),
  );
  endOnCrash(events.emit);
  for (const { name, message } of warnings)
    events.emit({ type: 'config.doubtful', variable: name, hint: `${name} ${message}` });

  const service = await createService({ config, events });
  const { close, readAgain } = service;
  stopOnSignals({ close, readAgain, timeoutMs: config.shutdown.timeoutMs, emit: events.emit });
  await service.listen();
  events.emit({
    type: 'service.listening',
    ...whatRuns(config),
    address: service.app.listeningOrigin,
    adminAddress: service.adminApp.listeningOrigin,
  });
} catch (error) {
  const issues = error instanceof ConfigurationError ? error.issues : listenIssues(error);
  if (!issues) throw error;
  const { length } = issues;
  process.stderr.write(`The configuration has ${length} ${length === 1 ? 'problem' : 'problems'}:\n`);
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
