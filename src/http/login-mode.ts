import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Login } from '../access/login.ts';
import type { Logout } from '../access/logout.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { ProviderLogouts } from '../session/provider-logouts.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { SessionCookie } from '../session/session-cookie.ts';
import type { Sessions } from '../session/sessions.ts';
import type { OpenSession } from './open-session.ts';
import type { CookieSession, CurrentSession } from './policy/current-session.ts';
import type { NamedUser } from './policy/following-session.ts';
import type { Origins } from './policy/origins.ts';

/** How one mode of `PORTAL_AUTH` signs users in. */
export interface LoginMode {
  /** Its routes, as a plugin for each of the scopes that has any. */
  readonly routes: {
    readonly public?: FastifyPluginAsync;
    readonly session?: FastifyPluginAsync;
    readonly people: FastifyPluginAsync;
  };
  /** Makes the session depend on more than the cookie; absent where it does not. */
  follow?(session: CurrentSession): CurrentSession;
  /** Whom something else than the session names in a request; absent where nothing does. */
  readonly namedUser?: NamedUser;
  /** Whether a request with a user's session may also end the user's other ones; absent where it always may. */
  speaksFor?(request: FastifyRequest, user: PortalUser): Promise<boolean>;
  /** Where the user is signed out at the identity provider too. */
  endSessionUrl(user: PortalUser): string | undefined;
  /**
   * Where somebody signs in as somebody else, made of the address where one signs in; undefined, or absent, where people
   * cannot be sent anywhere for that.
   */
  otherAccountUrl?(loginUrl: string): string | undefined;
  /** Whether whoever vouches for users answered when last asked; absent where nobody is asked. */
  readonly idpHealthy?: () => boolean;
  close?(): Promise<void>;
}

export interface LoginModeDeps {
  readonly config: BrokerConfig;
  readonly emit: Emit;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly origins: Origins;
  readonly cookie: SessionCookie;
  readonly cookieSession: CookieSession;
  readonly openSession: OpenSession;
  readonly login: Login;
  readonly logout: Logout;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly providerLogouts: ProviderLogouts;
  readonly replays: ReplayDetection;
}
