import type { GroupEvent } from '../directory/keep-groups.ts';
import type { ProvisionEvent } from '../directory/provision-user.ts';
import type { Log } from '../observability/log.ts';

/** What happened to users and groups at the tenant. Holds nothing secret. */
export type DirectoryEvent =
  | ProvisionEvent
  | GroupEvent
  | { type: 'user_lost'; qlikUserId: string }
  | { type: 'user_stale'; qlikUserId: string; error: unknown };

/** Writes what happened to users and groups; users appear by their Qlik id. */
export function logDirectoryEvent(log: Log, event: DirectoryEvent, tenantUrl: string): void {
  const facts = { tenant: tenantUrl, userId: event.qlikUserId };
  switch (event.type) {
    case 'user_created':
      log.info({ ...facts, portalUser: event.portalUser }, 'user created');
      break;
    case 'user_lost':
      log.warn(facts, 'a portal user is no longer this Qlik user; the token is revoked');
      break;
    case 'user_stale':
      log.warn({ ...facts, err: event.error }, 'a user could not be looked up again; what was known counts');
      break;
    case 'groups_replaced':
      log.info({ ...facts, groups: event.groups }, 'groups replaced');
      break;
    case 'groups_refused':
      log.error(facts, 'the tenant refused to change groups; tried again in a minute');
      break;
    case 'groups_failed':
      log.error({ ...facts, err: event.error }, 'groups could not be changed; tried again in a minute');
      break;
    case 'groups_taken':
      log.warn(
        { ...facts, names: event.taken },
        'no custom groups can have these names: groups of an identity provider have them',
      );
  }
}
