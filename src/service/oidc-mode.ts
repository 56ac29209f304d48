import { createOpenedMeanwhile } from '../access/opened-meanwhile.ts';
import { createLoginCookies } from '../http/login-cookies.ts';
import { registerBackchannelLogout } from '../http/routes/backchannel-logout.ts';
import { registerOidcCallback, registerOidcStart } from '../http/routes/oidc-login.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createLogoutTokenReader } from '../portal/logout-token.ts';
import { createOidcAuth } from '../portal/oidc.ts';
import type { OidcProvider } from '../portal/oidc-provider.ts';
import { createSealer } from '../portal/sealer.ts';
import { claimOptions } from './claim-options.ts';
import type { LoginMode, LoginModeDeps } from './sign-in-mode.ts';

/** `PORTAL_AUTH=oidc`. */
export function createOidcMode(deps: LoginModeDeps, provider: OidcProvider): LoginMode {
  const { settings, clock, origins, base } = deps;
  const publicUrl = settings.PUBLIC_URL;
  const clientId = settings.OIDC_CLIENT_ID as string;
  const auth = createOidcAuth({
    provider,
    redirectUri: `${publicUrl.origin}${base}/login/callback`,
    postLogoutUri: new URL(settings.POST_LOGOUT_URL, publicUrl).href,
    clientId,
    scope: settings.OIDC_SCOPE,
    claims: claimOptions(settings),
    now: clock.now,
  });
  const cookies = createLoginCookies({
    publicUrl,
    sealer: createSealer(settings.SESSION_SECRET, 'qlik-token-broker sign-in under way'),
    now: clock.now,
  });
  const openedMeanwhile = createOpenedMeanwhile({
    sessions: deps.sessions,
    lifetimeMs: settings.SESSION_LIFETIME,
    now: clock.now,
  });
  const failures = createRateLimiter(settings.RATE_LIMIT_SIGN_IN, clock.now);

  return {
    registerOutside(routes) {
      registerOidcStart(routes, { origins, auth, cookies, base, now: clock.now });
      const tokens = createLogoutTokenReader({ provider, clientId, now: clock.now });
      registerBackchannelLogout(routes, { ...deps, tokens });
    },
    registerInside(scope) {
      registerOidcCallback(scope, { ...deps, auth, cookies, openedMeanwhile, failures });
    },
    endSessionUrl: auth.endSessionUrl,
  };
}
