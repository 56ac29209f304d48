import type { MappingConfig } from '../config/tenant-config.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Rate } from '../lib/rate-limiter.ts';
import { userTag } from '../portal/user-tag.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { UserAdministration } from '../tenant/user-administration.ts';
import type { TokenKey } from '../token/token-key.ts';
import { createAskingDirectory } from './asking-directory.ts';
import { byClaim, bySubject, createDirectory, type Directory } from './directory.ts';
import { byLookUp } from './find-user.ts';
import { createKeepGroups } from './keep-groups.ts';
import { byProvisioning } from './provision-user.ts';
import { createWatchedTable } from './watched-table.ts';

export interface TenantDirectoryDeps {
  readonly tenant: Tenant;
  readonly mapping: MappingConfig;
  readonly emit: Emit;
  readonly clock: Clock;
  /** Look-ups that one user may cause. */
  readonly askRate: Rate;
  /** How many users are remembered. */
  readonly maxRemembered: number;
  /** How long somebody waits for a look-up. */
  readonly deadlineMs: number;
  /** A user who was known is somebody else now, or nobody: nobody gets that token any more. */
  readonly loseToken: (key: TokenKey) => void;
}

/**
 * The way from portal users to the Qlik users of one tenant that its configuration chooses; to be closed in the end.
 * Throws a plain `Error` when the table of users is broken.
 */
export function createTenantDirectory(deps: TenantDirectoryDeps): Directory {
  const { mapping, emit } = deps;
  const { name, isDenied, administration } = deps.tenant;
  const tenant = identityOf(deps.tenant);
  switch (mapping.by) {
    case 'subject':
      return createDirectory({ tenant, mapping: bySubject, isDenied });
    case 'claim':
      return createDirectory({ tenant, mapping: byClaim(mapping.claim), isDenied });
    case 'table': {
      const table = createWatchedTable({
        file: mapping.file,
        emit,
        tenant: name,
        onLost: (user, lookup) => deps.loseToken({ tenant, owner: userTag(user), lookup }),
      });
      const { mapping: byTable, readAgain, close } = table;
      return { ...createDirectory({ tenant, mapping: byTable, isDenied }), readAgain, close };
    }
    case 'lookup':
    case 'provision':
      if (!administration) throw new TypeError(`the tenant ${name} has no management client`);
      return createAskingDirectory({
        tenant,
        identify: identifyBy(mapping.by, administration, deps),
        groupsMatter: mapping.by === 'provision',
        rememberMs: mapping.rememberMs,
        askRate: deps.askRate,
        clock: deps.clock,
        maxRemembered: deps.maxRemembered,
        deadlineMs: deps.deadlineMs,
        emit,
        loseToken: deps.loseToken,
      });
  }
}

function identityOf({ name, url, clientId, scope }: Tenant): TokenKey['tenant'] {
  return { name, url, clientId, scope };
}

function identifyBy(
  by: 'lookup' | 'provision',
  administration: UserAdministration,
  { tenant: { name, isDenied }, clock, emit }: TenantDirectoryDeps,
) {
  if (by === 'lookup') return byLookUp({ administration, isDenied });
  const keepGroups = createKeepGroups({ administration, now: clock.now, emit, tenant: name });
  return byProvisioning({ administration, isDenied, keepGroups, emit, tenant: name });
}
