import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';

/**
 * The mode that the configuration chooses; only its code is loaded. Rejects with a plain `Error` when the file of demo
 * users is broken.
 */
export async function createLoginMode(deps: LoginModeDeps): Promise<LoginMode> {
  const { portal } = deps.config;
  switch (portal.auth) {
    case 'oidc':
      return (await import('./oidc-mode.ts')).createOidcMode(portal, deps);
    case 'proxy':
      if ('jwt' in portal)
        return (await import('./signed-gateway-mode.ts')).createSignedGatewayMode(portal, deps);
      return (await import('./gateway-mode.ts')).createGatewayMode(portal, deps);
    case 'assertion':
      return (await import('./assertion-mode.ts')).createAssertionMode(portal, deps);
    case 'demo':
      return (await import('../demo/demo-mode.ts')).createDemoMode(portal, deps);
  }
}
