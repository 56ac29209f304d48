import type { LoginPolicyConfig } from '../../src/config/portal-config.ts';
import type { Emit } from '../../src/events.ts';
import { createLoginPolicy, type LoginPolicy } from '../../src/portal/login-policy.ts';

/** The policy of a service whose operator asks for nothing but this. */
export function loginPolicy(changes: Partial<LoginPolicyConfig> = {}, emit: Emit = () => {}): LoginPolicy {
  const config = { required: [], groupsStrict: false, namingQlikUser: [], emailFinds: false, ...changes };
  return createLoginPolicy({ config, emit });
}
