import fastifyCookie from '@fastify/cookie';
import fastifySession, { type SessionStore } from '@fastify/session';
import type { FastifyInstance, Session as PluginSession } from 'fastify';
import type { PortalUser } from '../portal/portal-user.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { SessionCookie } from './session-cookie.ts';
import { newSessionId } from './session-id.ts';
import { type Sessions, WriteConflictError } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who has just proven who they are: whoever that is, the session that `regenerate` begins is theirs. */
    loggingIn?: PortalUser;
  }
  interface Session {
    /** Who is signed in; absent for anonymous visitors, of whom nothing is stored. */
    user?: PortalUser;
    /** Of the record that was read; a request writes it at most once. */
    revision?: number;
  }
}

export interface SessionPluginDeps {
  readonly cookie: SessionCookie;
  readonly sessions: Sessions;
}

/**
 * Gives the routes of this scope `request.session`, so that they can open and end sessions. Register it only there:
 * @fastify/session hashes the session at every request.
 */
export async function registerSessionPlugin(
  scope: FastifyInstance,
  { cookie, sessions }: SessionPluginDeps,
): Promise<void> {
  // Also for the cookie's removal: a browser ignores a `__Host-` cookie that comes without `Secure`.
  // A session's cookie is base64 and a dot: nothing that a cookie could not hold as it is.
  await scope.register(fastifyCookie, { parseOptions: { ...cookie.attributes, encode: String } });

  // Of two cookies with one name the plugin would believe the first, which another site may have planted.
  scope.addHook('onRequest', async (request) => {
    request.cookies = { [cookie.name]: cookie.read(request.headers.cookie) };
  });

  // The plugin would remove the cookie that the browser had before it sets the new one; who passes an answer on from
  // another server may keep the first of the two.
  scope.addHook('onSend', async ({ session, cookies }) => {
    if (session?.user && session.isSaved()) cookies[cookie.name] = session.encryptedSessionId;
  });

  scope.decorateRequest('loggingIn', undefined);
  await scope.register(fastifySession, {
    cookieName: cookie.name,
    cookie: cookie.attributes,
    secret: cookie.signer,
    idGenerator: (request) => newSessionId(request?.loggingIn),
    rolling: false,
    saveUninitialized: false,
    store: createPluginStore(sessions),
  });

  // The plugin would remove a cookie that was signed with an older secret.
  scope.addHook('onRequest', async (request, reply) => {
    const { session, cookies } = request;
    if (!session.user || session.encryptedSessionId === cookies[cookie.name]) return;
    reply.header('set-cookie', cookie.issue(session.sessionId));
    cookies[cookie.name] = session.encryptedSessionId;
  });
}

/** Runs before an error is answered in the plugin's scope: a failed session must not be saved with the answer. */
export function discardSession(request: { session?: PluginSession | null }): void {
  request.session = null;
}

function createPluginStore(sessions: Sessions): SessionStore {
  return {
    get(id, done) {
      sessions.peek(id).then(
        (session) =>
          done(null, session ? ({ user: session.user, revision: session.revision } as PluginSession) : null),
        // The plugin takes this code for "no such session".
        (cause) => done(cause?.code === 'ENOENT' ? new StoreUnavailableError({ cause }) : cause),
      );
    },

    set(id, session, done) {
      write(sessions, id, session as PluginSession).then(() => done(), done);
    },

    destroy(id, done) {
      sessions.close(id).then(() => done(), done);
    },
  };
}

async function write(sessions: Sessions, id: string, session: PluginSession): Promise<void> {
  if (!session.user) return;
  const written =
    session.revision === undefined
      ? await sessions.open(id, session.user)
      : await sessions.rewrite(id, session.user, session.revision);
  if (!written) throw new WriteConflictError();
}
