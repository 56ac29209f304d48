import type { FastifyInstance } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { Log } from '../../observability/log.ts';
import type { LogoutTokenReader } from '../../portal/logout-token.ts';
import type { ProviderSessions } from '../../session/provider-sessions.ts';
import type { ReplayDetection } from '../../session/replay-detection.ts';
import type { Sessions } from '../../session/sessions.ts';
import { record, text } from '../../shape.ts';
import { LOGIN_LIFETIME_MS } from '../login-cookies.ts';
import { HttpProblem } from '../problem.ts';
import { shaped } from '../shaped.ts';

export interface BackchannelLogoutDeps {
  readonly tokens: LogoutTokenReader;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  readonly logout: Logout;
  readonly log: Log;
}

const logoutBody = shaped(record({ logout_token: text() }));

/** What `Once` is told when the provider has ended one of its sessions. */
export function providerLoggedOut(sid: string): string {
  return `signed out ${sid}`;
}

/**
 * `POST /logout/backchannel`: the identity provider has signed somebody out (OpenID Connect Back-Channel Logout 1.0).
 * Reads no cookie: the token says everything. Answers as §2.8 has it, 200, or 400 for whatever went wrong.
 */
export function registerBackchannelLogout(app: FastifyInstance, deps: BackchannelLogoutDeps): void {
  const { tokens, sessions, providerSessions, replays, logout, log } = deps;

  async function end(token: string): Promise<number> {
    const { id, sid, subject, acceptedForMs } = await tokens.read(token);
    const use = `logout token ${id}`;
    if (!(await replays.claim(use, acceptedForMs)))
      throw new HttpProblem('bad_request', 'The logout token was used before.');
    try {
      // A sign-in with this session may be under way.
      if (sid !== undefined) await replays.claim(providerLoggedOut(sid), LOGIN_LIFETIME_MS);
      const found = await providerSessions.find({ sid, subject });
      const open = await Promise.all(found.sessions.map((session) => sessions.peek(session)));
      const ended = open.filter((session) => session !== undefined);
      for (const session of ended) await logout.here(session);
      for (const user of found.users) await logout.everywhere(user);
      return ended.length + found.users.length;
    } catch (error) {
      // The provider may try again with the same token.
      await replays.release(use).catch(() => {});
      throw error;
    }
  }

  app.post<{ Body: { logout_token: string } }>(
    '/logout/backchannel',
    { schema: { body: logoutBody } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      try {
        const ended = await end(request.body.logout_token);
        log.info({ requestId: request.id, ended }, 'signed out by the identity provider');
        return reply.send();
      } catch (error) {
        log.warn({ requestId: request.id, err: error }, 'logout token refused');
        return reply
          .code(400)
          .send({ error: 'invalid_request', error_description: 'The logout was not carried out.' });
      }
    },
  );
}
