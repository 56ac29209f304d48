import type { DemoConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from './demo-auth.ts';
import { registerDemoLogin, registerLoginPage } from './login.ts';
import { registerDemoPortal } from './portal.ts';

/** `PORTAL_AUTH=demo`. Throws a plain `Error` when the file of demo users is broken. */
export function createDemoMode({ users, claims }: DemoConfig, deps: LoginModeDeps): LoginMode {
  const { config, origins } = deps;
  const { base } = config;
  const auth = createDemoAuth({ users: users ? parseDemoUsers(users.text) : sandboxUsers(), claims });

  return {
    registerOutside(routes) {
      registerDemoPortal(routes, { base, tenantUrl: config.tenants[0]?.url ?? '' });
      registerLoginPage(routes, { origins, auth, base });
    },
    registerInside(scope) {
      registerDemoLogin(scope, { ...deps, auth });
    },
    endSessionUrl: () => undefined,
  };
}
