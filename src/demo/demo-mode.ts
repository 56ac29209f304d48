import type { DemoConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from './demo-auth.ts';
import { demoLoginRoute, loginPageRoute } from './login.ts';
import { demoFileRoutes, demoPortalRoute } from './portal.ts';

/** `PORTAL_AUTH=demo`. Throws a plain `Error` when the file of demo users is broken. */
export function createDemoMode(portal: DemoConfig, deps: LoginModeDeps): LoginMode {
  const { config, emit, origins, openSession, cookieSession } = deps;
  const { users, claims } = portal;
  const { base } = config;
  const tenantUrl = config.tenants[0]?.url ?? '';
  const auth = createDemoAuth({
    users: users ? parseDemoUsers(users.text) : sandboxUsers(),
    claims,
    policy: createLoginPolicy({ config: portal.policy, emit }),
  });

  return {
    routes: {
      public: demoFileRoutes,
      async session(scope) {
        await scope.register(demoLoginRoute, { origins, auth, openSession });
      },
      async people(scope) {
        await scope.register(demoPortalRoute, { base, tenantUrl, cookieSession });
        await scope.register(loginPageRoute, { origins, auth, base });
      },
    },
    endSessionUrl: () => undefined,
    otherAccountUrl: (loginUrl) => loginUrl,
  };
}
