import type { SignedGatewayConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createKeysByKid } from '../portal/keys-by-kid.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { createPublishedKeys } from '../portal/published-keys.ts';
import { createSignedGatewayAuth } from '../portal/signed-gateway.ts';
import { followGateway } from './follow-gateway.ts';
import { PROVIDER_ANSWER_MS } from './provider-answer.ts';

/** `PORTAL_AUTH=proxy`, with a gateway that signs. Asks for its keys from now on. */
export function createSignedGatewayMode(portal: SignedGatewayConfig, deps: LoginModeDeps): LoginMode {
  const { config, clock, emit } = deps;
  const { header, issuer, purpose, keysUrl } = portal.jwt;
  const createKeys = keysUrl.includes('{kid}') ? createKeysByKid : createPublishedKeys;
  const { outbound } = config;
  const keys = createKeys({ outbound, url: keysUrl, clock, timeoutMs: PROVIDER_ANSWER_MS, emit });
  const auth = createSignedGatewayAuth({
    ...{ header, issuer, purpose, keys },
    claims: portal.claims,
    required: portal.policy.required,
    policy: createLoginPolicy({ config: portal.policy, emit }),
    trustedProxies: config.trustedProxies,
    now: clock.wall,
    emit,
  });
  return { ...followGateway(auth, deps), idpHealthy: () => keys.healthy, close: keys.close };
}
