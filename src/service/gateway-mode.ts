import type { GatewayConfig } from '../config/portal-config.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createGatewayAuth } from '../portal/gateway.ts';
import { createLoginPolicy } from '../portal/login-policy.ts';
import { followGateway } from './follow-gateway.ts';

/** `PORTAL_AUTH=proxy`, with a gateway that shares a secret. */
export function createGatewayMode(portal: GatewayConfig, deps: LoginModeDeps): LoginMode {
  const { config, emit } = deps;
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
  return followGateway(auth, deps);
}
