import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logout } from '../access/logout.ts';
import type { Settings } from '../config/settings.ts';
import type { CurrentSession } from '../http/policy/current-session.ts';
import type { Origins } from '../http/policy/origins.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../observability/log.ts';
import type { OidcProvider } from '../portal/oidc-provider.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { PublishedKeys } from '../portal/published-keys.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { Sessions } from '../session/sessions.ts';

/** The routes with which one mode of `PORTAL_AUTH` signs users in. */
export interface LoginMode {
  /** Those that read and write no session. */
  registerOutside(routes: FastifyInstance): void;
  /** Those that open or end sessions; the scope has the session plugin. */
  registerInside(scope: FastifyInstance): void;
  /** Makes the session depend on more than the cookie; absent where it does not. */
  follow?(session: CurrentSession): CurrentSession;
  /** Whether a request with a user's session may also end the user's other ones; absent where it always may. */
  speaksFor?(request: FastifyRequest, user: PortalUser): Promise<boolean>;
  /** Where the user is signed out at the identity provider too. */
  endSessionUrl(user: PortalUser): string | undefined;
}

export interface LoginModeDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly readFile: (path: string) => string;
  readonly clock: Clock;
  readonly origins: Origins;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  /** Present in the OIDC mode. */
  readonly provider: OidcProvider | undefined;
  /** Present in the assertion mode, when the portal publishes its keys. */
  readonly portalKeys: PublishedKeys | undefined;
  readonly logout: Logout;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
}
