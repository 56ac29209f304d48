import type { AssertionConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { registerAssertionLogin, registerWayBack } from '../http/routes/assertion-login.ts';
import { createAssertionAuth } from '../portal/assertion.ts';
import { createFixedKeys } from '../portal/fixed-keys.ts';
import { createPublishedKeys } from '../portal/published-keys.ts';
import { PROVIDER_ANSWER_MS } from './provider-answer.ts';

/** `PORTAL_AUTH=assertion`. Asks a portal that publishes its keys for them from now on. */
export function createAssertionMode(portal: AssertionConfig, deps: LoginModeDeps): LoginMode {
  const { clock, emit, replays } = deps;
  const keys =
    'url' in portal.keys
      ? createPublishedKeys({ url: portal.keys.url, clock, timeoutMs: PROVIDER_ANSWER_MS, emit })
      : { find: createFixedKeys(portal.keys.publicKeys) };
  const auth = createAssertionAuth({
    keys: keys.find,
    issuer: portal.issuer,
    audience: portal.audience,
    claims: portal.claims,
    claim: replays.claim,
    now: clock.now,
  });

  return {
    registerOutside(routes) {
      registerWayBack(routes, deps);
    },
    registerInside(scope) {
      registerAssertionLogin(scope, { ...deps, auth });
    },
    endSessionUrl: () => undefined,
    ...('close' in keys && { idpHealthy: () => keys.healthy, close: keys.close }),
  };
}
