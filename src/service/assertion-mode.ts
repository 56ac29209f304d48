import type { KeyObject } from 'node:crypto';
import { registerAssertionLogin, registerWayBack } from '../http/routes/assertion-login.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createAssertionAuth } from '../portal/assertion.ts';
import { createFixedKeys } from '../portal/fixed-keys.ts';
import { claimOptions } from './claim-options.ts';
import type { LoginMode, LoginModeDeps } from './sign-in-mode.ts';

/** `PORTAL_AUTH=assertion`. */
export function createAssertionMode(deps: LoginModeDeps): LoginMode {
  const { settings, clock, origins, replays, portalKeys } = deps;
  const auth = createAssertionAuth({
    keys: portalKeys?.find ?? createFixedKeys(settings.ASSERTION_PUBLIC_KEY as readonly KeyObject[]),
    issuer: settings.ASSERTION_ISSUER as string,
    audience: settings.ASSERTION_AUDIENCE as string,
    claims: claimOptions(settings),
    claim: replays.claim,
    now: clock.now,
  });
  const failures = createRateLimiter(settings.RATE_LIMIT_SIGN_IN, clock.now);

  return {
    registerOutside(routes) {
      registerWayBack(routes, { origins });
    },
    registerInside(scope) {
      registerAssertionLogin(scope, { ...deps, auth, failures });
    },
    endSessionUrl: () => undefined,
  };
}
