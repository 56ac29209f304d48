import type { GatewayConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createFollowingSession, createNamedUser } from '../http/policy/following-session.ts';
import { gatewayLoginRoute } from '../http/routes/gateway-login.ts';
import { createGatewayAuth } from '../portal/gateway.ts';
import { isSameUser } from '../portal/portal-user.ts';

/** `PORTAL_AUTH=proxy`. */
export function createGatewayMode(portal: GatewayConfig, deps: LoginModeDeps): LoginMode {
  const { config, emit, logout, origins, openSession } = deps;
  const auth = createGatewayAuth({
    trustedProxies: config.trustedProxies,
    secret: portal.secret,
    headers: portal.headers,
    trustEmail: portal.trustEmail,
    emit,
  });
  const namedUser = createNamedUser(auth);
  const landing = config.postLogoutUrl;

  return {
    routes: {
      async people(scope) {
        await scope.register(gatewayLoginRoute, { origins, namedUser, openSession });
      },
    },
    namedUser,
    follow: (session) => createFollowingSession(session, namedUser, logout),
    speaksFor: (request, user) =>
      namedUser(request).then(
        (named) => isSameUser(named, user),
        () => false,
      ),
    // The gateway keeps a session of its own, and has no other way to say where that ends.
    endSessionUrl: () => (landing === '/' ? undefined : new URL(landing, config.publicUrl).href),
  };
}
