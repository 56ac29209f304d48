import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createFollowingSession, createNamedUser } from '../http/policy/following-session.ts';
import { gatewayLoginRoute } from '../http/routes/gateway-login.ts';
import type { GatewayAuth } from '../portal/gateway.ts';
import { isSameUser } from '../portal/portal-user.ts';

/** The mode in which each request says, by its gateway, whose it is, however the gateway proves itself. */
export function followGateway(auth: GatewayAuth, deps: LoginModeDeps): LoginMode {
  const { config, logout, origins, openSession } = deps;
  const named = createNamedUser(auth);
  const landing = config.postLogoutUrl;
  // The gateway keeps a session of its own, and has no other way to say where that ends.
  const signOutUrl = landing === '/' ? undefined : new URL(landing, config.publicUrl).href;

  return {
    routes: {
      async people(scope) {
        await scope.register(gatewayLoginRoute, { origins, namedUser: named.atLogin, openSession });
      },
    },
    namedUser: named.again,
    follow: (session) => createFollowingSession(session, named.again, logout),
    speaksFor: (request, user) =>
      named.again(request).then(
        (there) => isSameUser(there, user),
        () => false,
      ),
    endSessionUrl: () => signOutUrl,
    otherAccountUrl: () => signOutUrl,
  };
}
