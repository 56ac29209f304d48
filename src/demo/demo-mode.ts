import type { Settings } from '../config/settings.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import type { LoginMode, LoginModeDeps } from '../service/sign-in-mode.ts';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from './demo-auth.ts';
import { registerDemoLogin, registerLoginPage } from './login.ts';
import { registerDemoPortal } from './portal.ts';

/** `PORTAL_AUTH=demo`. Throws a plain `Error` when the file that `DEMO_USERS` names is broken. */
export function createDemoMode(deps: LoginModeDeps): LoginMode {
  const { settings, readFile, clock, origins, logout, base } = deps;
  const auth = createDemoAuth({
    users: demoUsers(settings, readFile),
    claims: settings.USER_CLAIM ? [settings.USER_CLAIM] : [],
  });
  const failures = createRateLimiter(settings.RATE_LIMIT_SIGN_IN, clock.now);

  return {
    registerOutside(routes) {
      registerDemoPortal(routes, { base, tenantUrl: settings.QLIK_TENANT_URL });
      registerLoginPage(routes, { origins, auth, base });
    },
    registerInside(scope) {
      registerDemoLogin(scope, { origins, auth, logout, failures });
    },
    endSessionUrl: () => undefined,
  };
}

function demoUsers(settings: Settings, readFile: (path: string) => string) {
  return settings.DEMO_USERS ? parseDemoUsers(readFile(settings.DEMO_USERS)) : sandboxUsers();
}
