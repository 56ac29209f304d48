import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import type { Origins } from '../http/policy/origins.ts';
import { createRateLimiter } from '../http/policy/rate-limiter.ts';
import { registerDemoLogin, registerSignInPage } from '../http/routes/demo-login.ts';
import { registerDemoPortal } from '../http/routes/demo-portal.ts';
import type { SignOut } from '../http/sign-out.ts';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from '../portal/demo.ts';

/** The routes with which one mode of `PORTAL_AUTH` signs users in. */
export interface SignInMode {
  /** Those that read and write no session. */
  registerOutside(routes: FastifyInstance): void;
  /** Those that open or end sessions; the scope has the session plugin. */
  registerInside(scope: FastifyInstance): void;
}

export interface SignInModeDeps {
  readonly settings: Settings;
  readonly readFile: (path: string) => string;
  readonly clock: Clock;
  readonly origins: Origins;
  readonly signOut: SignOut;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
}

/** The mode that the settings choose. Throws a plain `Error` when the file that `DEMO_USERS` names is broken. */
export function createSignInMode(deps: SignInModeDeps): SignInMode {
  const { settings, readFile, clock, origins, signOut, base } = deps;
  const auth = createDemoAuth({
    users: settings.DEMO_USERS ? parseDemoUsers(readFile(settings.DEMO_USERS)) : sandboxUsers(),
    claims: settings.USER_CLAIM ? [settings.USER_CLAIM] : [],
  });
  const failures = createRateLimiter(settings.RATE_LIMIT_SIGN_IN, clock.now);

  return {
    registerOutside(routes) {
      registerDemoPortal(routes, { base, tenantUrl: settings.QLIK_TENANT_URL });
      registerSignInPage(routes, { origins, auth, base });
    },
    registerInside(scope) {
      registerDemoLogin(scope, { origins, auth, signOut, failures });
    },
  };
}
