import type { Settings } from '../config/settings.ts';
import { createAskingDirectory } from '../directory/asking-directory.ts';
import type { IsDenied } from '../directory/deny-list.ts';
import {
  byClaim,
  bySubject,
  createDirectory,
  type Directory,
  type UserMapping,
} from '../directory/directory.ts';
import { byLookUp } from '../directory/find-user.ts';
import { createKeepGroups } from '../directory/keep-groups.ts';
import { byProvisioning } from '../directory/provision-user.ts';
import { createWatchedTable } from '../directory/watched-table.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../observability/log.ts';
import type { UserAdministration } from '../tenant/user-administration.ts';
import type { Tenant, TokenKey } from '../token/token-key.ts';
import { type DirectoryEvent, logDirectoryEvent } from './directory-log.ts';

export interface UserDirectoryDeps {
  readonly settings: Settings;
  readonly readFile: (path: string) => string;
  readonly log: Log;
  readonly clock: Clock;
  readonly tenant: Tenant;
  /** There is one when the settings name a management client. */
  readonly administration: UserAdministration | undefined;
  readonly isDenied: IsDenied;
  /** Nobody may act as the subject any more. */
  readonly onLost: (subject: TokenKey) => void;
}

/**
 * The way from a portal user to a Qlik user that the settings choose; to be closed in the end. Throws a plain `Error`
 * when the file that `USER_TABLE` names is broken.
 */
export function createUserDirectory(deps: UserDirectoryDeps): { directory: Directory; close(): void } {
  if (deps.administration) return { directory: askTenant(deps, deps.administration), close() {} };
  const { tenant, isDenied } = deps;
  const { mapping, close } = createMapping(deps);
  return { directory: createDirectory({ tenant, mapping, isDenied }), close };
}

function createMapping({ settings, readFile, log }: UserDirectoryDeps): {
  mapping: UserMapping;
  close(): void;
} {
  if (settings.USER_CLAIM !== undefined) return { mapping: byClaim(settings.USER_CLAIM), close() {} };
  if (settings.USER_TABLE === undefined) return { mapping: bySubject, close() {} };
  const path = settings.USER_TABLE;
  return createWatchedTable({
    path,
    content: readFile(path),
    report: (event) =>
      event.type === 'table_read'
        ? log.info({ path, ...event }, 'the table of users was read again')
        : log.error({ path, ...event }, 'the table of users is broken; the old one stays in force'),
  });
}

function askTenant(deps: UserDirectoryDeps, administration: UserAdministration): Directory {
  const { settings, log, clock, tenant, isDenied, onLost } = deps;
  const provisions = settings.USER_MAPPING === 'provision';
  const report = (event: DirectoryEvent) => logDirectoryEvent(log, event, tenant.url);
  const identify = provisions
    ? byProvisioning({
        administration,
        isDenied,
        keepGroups: createKeepGroups({ administration, now: clock.now, report }),
        report,
      })
    : byLookUp({ administration, isDenied });
  return createAskingDirectory({
    tenant,
    identify,
    groupsMatter: provisions,
    clock,
    rememberMs: settings.USER_REMEMBER,
    maxRemembered: settings.TOKEN_CACHE_MAX,
    deadlineMs: settings.TOKEN_DEADLINE,
    onLost(subject) {
      report({ type: 'user_lost', qlikUserId: subject.lookup.value });
      onLost(subject);
    },
    onStale: (subject, error) => report({ type: 'user_stale', qlikUserId: subject.lookup.value, error }),
  });
}
