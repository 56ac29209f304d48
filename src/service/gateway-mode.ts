import type { Secret } from '../config/secret.ts';
import { createFollowingSession, createNamedUser, isSameUser } from '../http/policy/following-session.ts';
import { registerGatewayLogin } from '../http/routes/gateway-login.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createGatewayAuth } from '../portal/gateway.ts';
import type { LoginMode, LoginModeDeps } from './sign-in-mode.ts';

/** Of warnings about requests that are not the gateway's, for each reason. */
const WARNINGS = { limit: 1, windowMs: 60_000 };

/** `PORTAL_AUTH=proxy`. */
export function createGatewayMode(deps: LoginModeDeps): LoginMode {
  const { settings, log, clock, logout } = deps;
  const warnings = createRateLimiter(WARNINGS, clock.now);
  const auth = createGatewayAuth({
    trustedProxies: settings.TRUSTED_PROXIES,
    secret: settings.PROXY_SECRET as Secret,
    headers: {
      secret: settings.PROXY_SECRET_HEADER,
      user: settings.PROXY_USER_HEADER,
      email: settings.PROXY_EMAIL_HEADER,
      name: settings.PROXY_NAME_HEADER,
      groups: settings.PROXY_GROUPS_HEADER,
      tenant: settings.PROXY_TENANT_HEADER,
    },
    trustEmail: settings.TRUST_EMAIL,
    onOther(why, peer) {
      if (warnings.take(why) === 0) log.warn({ why, peer }, 'a request did not come from the gateway');
    },
  });
  const namedUser = createNamedUser(auth);
  const landing = settings.POST_LOGOUT_URL;

  return {
    registerOutside() {},
    registerInside(scope) {
      registerGatewayLogin(scope, { ...deps, namedUser });
    },
    follow: (session) => createFollowingSession(session, namedUser, logout),
    speaksFor: (request, user) =>
      namedUser(request).then(
        (named) => isSameUser(named, user),
        () => false,
      ),
    // The gateway keeps a session of its own, and has no other way to say where that ends.
    endSessionUrl: () => (landing === '/' ? undefined : new URL(landing, settings.PUBLIC_URL).href),
  };
}
