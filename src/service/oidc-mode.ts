import { createBackchannelLogout } from '../access/backchannel-logout.ts';
import { createProviderLogin } from '../access/provider-login.ts';
import type { OidcConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createLoginsUnderWay } from '../http/logins-under-way.ts';
import { backchannelLogoutRoute } from '../http/routes/backchannel-logout.ts';
import { oidcCallbackRoute, oidcStartRoute, otherAccountUrl } from '../http/routes/oidc-login.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { createLogoutTokenReader } from '../portal/logout-token.ts';
import { createOidcAuth } from '../portal/oidc.ts';
import { createOidcProvider } from '../portal/oidc-provider.ts';
import { createSealer } from '../portal/sealer.ts';
import { createUserInfo } from '../portal/user-info.ts';
import { PROVIDER_ANSWER_MS } from './provider-answer.ts';

/** `PORTAL_AUTH=oidc`. Asks the provider for its metadata from now on. */
export function createOidcMode(portal: OidcConfig, deps: LoginModeDeps): LoginMode {
  const { config, clock, emit, origins, cookie, cookieSession } = deps;
  const { publicUrl, base, session, rateLimits } = config;
  const { issuer, clientId, clientSecret } = portal;
  const provider = createOidcProvider({
    outbound: config.outbound,
    issuer,
    discoveryUrl: portal.discoveryUrl,
    clientId,
    clientSecret,
    clock,
    random: deps.random,
    timeoutMs: PROVIDER_ANSWER_MS,
    emit,
  });
  const auth = createOidcAuth({
    provider,
    redirectUri: `${publicUrl.origin}${base}/login/callback`,
    postLogoutUri: new URL(config.postLogoutUrl, publicUrl).href,
    clientId,
    scope: portal.scope,
    parameters: portal.parameters,
    userInfo: createUserInfo({
      claims: portal.claims,
      indispensable: portal.indispensable,
      now: clock.now,
      emit,
    }),
    claims: portal.claims,
    policy: createLoginPolicy({ config: portal.policy, emit }),
    now: clock.wall,
  });
  const logins = createLoginsUnderWay({
    publicUrl,
    // Of this service alone: another one may have the same secrets.
    sealer: createSealer(session.secrets, `qlik-token-broker sign-in under way at ${publicUrl.href}`),
    now: clock.now,
  });
  const backchannelLogout = createBackchannelLogout({
    ...deps,
    tokens: createLogoutTokenReader({ provider, clientId, now: clock.wall }),
  });
  const providerLogin = createProviderLogin({ ...deps, lifetimeMs: session.lifetimeMs, now: clock.now });

  return {
    routes: {
      async public(scope) {
        await scope.register(backchannelLogoutRoute, { backchannelLogout, emit });
      },
      async people(scope) {
        await scope.register(oidcStartRoute, { origins, auth, logins, now: clock.now });
        await scope.register(oidcCallbackRoute, {
          origins,
          auth,
          logins,
          cookieSession,
          cookie,
          providerLogin,
          failures: createRateLimiter(rateLimits.login, clock.now),
        });
      },
    },
    endSessionUrl: auth.endSessionUrl,
    otherAccountUrl,
    idpHealthy: () => provider.healthy,
    close: provider.close,
  };
}
