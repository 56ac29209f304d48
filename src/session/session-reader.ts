import type { SessionCookie } from './session-cookie.ts';
import type { Session, Sessions } from './sessions.ts';

/** What a request's cookie stands for. */
export type SessionReading =
  /** Nobody is signed in. `stale`: the browser holds a cookie of ours that is worth nothing. */
  | { readonly state: 'none'; readonly stale: boolean }
  /** The cookie is genuine, its session has ended. */
  | { readonly state: 'expired' }
  /** `renewal`: a `Set-Cookie` header that carries the same id, signed with the current secret. */
  | { readonly state: 'active'; readonly session: Session; readonly renewal: string | undefined };

/**
 * The light way to a session, for routes that only read it: one cookie, one signature, one look into the store. Nothing
 * is written but the time of use. Rejects with a `StoreUnavailableError`.
 */
export interface SessionReader {
  /** The session of a `Cookie` header; counts as use. */
  use(cookieHeader: string | undefined): Promise<SessionReading>;
  /** The session of a `Cookie` header; extends nothing. */
  peek(cookieHeader: string | undefined): Promise<SessionReading>;
}

export interface SessionReaderDeps {
  readonly cookie: SessionCookie;
  readonly sessions: Sessions;
}

export function createSessionReader({ cookie, sessions }: SessionReaderDeps): SessionReader {
  function read(header: string | undefined, look: Sessions['use']): Promise<SessionReading> {
    const value = cookie.read(header);
    const signed = value === undefined ? undefined : cookie.verify(value);
    if (!signed) return Promise.resolve({ state: 'none', stale: cookie.isIn(header) });

    const renewal = signed.renew ? cookie.issue(signed.id) : undefined;
    return look(signed.id).then((session) =>
      session ? { state: 'active', session, renewal } : { state: 'expired' },
    );
  }

  return {
    use: (header) => read(header, sessions.use),
    peek: (header) => read(header, sessions.peek),
  };
}
