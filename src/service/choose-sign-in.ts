import type { OidcProvider } from '../portal/oidc-provider.ts';
import type { LoginMode, LoginModeDeps } from './sign-in-mode.ts';

/**
 * The mode that the settings choose; only its code is loaded. Rejects with a plain `Error` when the file that `DEMO_USERS`
 * names is broken.
 */
export async function createLoginMode(deps: LoginModeDeps): Promise<LoginMode> {
  switch (deps.settings.PORTAL_AUTH) {
    case 'oidc':
      return (await import('./oidc-mode.ts')).createOidcMode(deps, deps.provider as OidcProvider);
    case 'proxy':
      return (await import('./gateway-mode.ts')).createGatewayMode(deps);
    case 'assertion':
      return (await import('./assertion-mode.ts')).createAssertionMode(deps);
    case 'demo':
      return (await import('../demo/demo-mode.ts')).createDemoMode(deps);
  }
}
