import type { GatewayConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createFollowingSession, createNamedUser } from '../http/policy/following-session.ts';
import { gatewayLoginRoute } from '../http/routes/gateway-login.ts';
import { createGatewayAuth } from '../portal/gateway.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { isSameUser } from '../portal/portal-user.ts';

/** `PORTAL_AUTH=proxy`. */
export function createGatewayMode(portal: GatewayConfig, deps: LoginModeDeps): LoginMode {
  const { config, emit, logout, origins, openSession } = deps;
  const auth = createGatewayAuth({
    trustedProxies: config.trustedProxies,
    secret: portal.secret,
    headers: portal.headers,
    groupsSeparator: portal.groupsSeparator,
    trustEmail: portal.trustEmail,
    emailFinds: portal.policy.emailFinds,
    policy: createLoginPolicy({ config: portal.policy, emit }),
    emit,
  });
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
