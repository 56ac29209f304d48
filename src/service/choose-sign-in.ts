import type { OidcProvider } from '../portal/oidc-provider.ts';
import type { SignInMode, SignInModeDeps } from './sign-in-mode.ts';

/**
 * The mode that the settings choose; only its code is loaded. Rejects with a plain `Error` when the file that `DEMO_USERS`
 * names is broken.
 */
export async function createSignInMode(deps: SignInModeDeps): Promise<SignInMode> {
  switch (deps.settings.PORTAL_AUTH) {
    case 'oidc':
      return (await import('./oidc-mode.ts')).createOidcMode(deps, deps.provider as OidcProvider);
    case 'proxy':
      return (await import('./gateway-mode.ts')).createProxyMode(deps);
    case 'assertion':
      return (await import('./assertion-mode.ts')).createAssertionMode(deps);
    case 'demo':
      return (await import('../demo/demo-mode.ts')).createDemoMode(deps);
  }
}
