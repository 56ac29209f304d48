import type { FastifyRequest } from 'fastify';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Logout } from './logout.ts';

/**
 * Opens a session for somebody who has just proven who they are; that of another user in the same browser ends. Needs
 * the scope of the session plugin. `beforehand` runs when the session's id is known and nothing is stored yet.
 */
export async function openSession(
  request: FastifyRequest,
  user: PortalUser,
  logout: Logout,
  beforehand: (sessionId: string) => Promise<void> = async () => {},
): Promise<void> {
  const { user: previous, sessionId } = request.session;
  if (previous && (previous.id !== user.id || previous.tenant !== user.tenant))
    await logout.here({ id: sessionId, user: previous });
  // A cookie that was planted before the sign-in is worth nothing after it.
  request.loggingIn = user;
  await request.session.regenerate();
  await beforehand(request.session.sessionId);
  request.session.user = user;
  await request.session.save();
}
