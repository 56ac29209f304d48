import type { AssertionConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { assertionLoginRoute, wayBackRoute } from '../http/routes/assertion-login.ts';
import { createAssertionAuth } from '../portal/assertion.ts';
import { createFixedKeys } from '../portal/fixed-keys.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { PROVIDER_ANSWER_MS } from './provider-answer.ts';

/** `PORTAL_AUTH=assertion`. Asks a portal that publishes its keys for them from now on; only then is that code loaded. */
export async function createAssertionMode(portal: AssertionConfig, deps: LoginModeDeps): Promise<LoginMode> {
  const { clock, emit, replays, origins, openSession } = deps;
  const keys =
    'url' in portal.keys
      ? await publishedKeys(portal.keys.url, deps)
      : { find: createFixedKeys(portal.keys.publicKeys) };
  const auth = createAssertionAuth({
    keys: keys.find,
    issuer: portal.issuer,
    audience: portal.audience,
    claims: portal.claims,
    policy: createLoginPolicy({ config: portal.policy, emit }),
    claim: replays.claim,
    now: clock.wall,
  });

  return {
    routes: {
      async session(scope) {
        await scope.register(assertionLoginRoute, { auth, openSession });
      },
      async people(scope) {
        await scope.register(wayBackRoute, { origins });
      },
    },
    endSessionUrl: () => undefined,
    ...('close' in keys && { idpHealthy: () => keys.healthy, close: keys.close }),
  };
}

async function publishedKeys(url: string, { config, clock, emit }: LoginModeDeps) {
  const { createPublishedKeys } = await import('../portal/published-keys.ts');
  return createPublishedKeys({ outbound: config.outbound, url, clock, timeoutMs: PROVIDER_ANSWER_MS, emit });
}
