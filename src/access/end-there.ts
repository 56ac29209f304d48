import type { SessionEnd } from '../events.ts';
import type { LoggedOutThere } from '../session/provider-sessions.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Logout } from './logout.ts';

/** Ends sessions of which only the ids are known, and users' sessions altogether. How many sessions of the former. */
export async function endThere(
  { sessions, logout }: { sessions: Sessions; logout: Logout },
  meant: LoggedOutThere,
  reason: SessionEnd,
): Promise<number> {
  const found = await Promise.all(meant.sessions.map((session) => sessions.peek(session)));
  const open = found.filter((session) => session !== undefined);
  for (const session of open) await logout.alone(session, reason);
  for (const user of meant.users) await logout.everywhere(user, reason);
  return open.length;
}
