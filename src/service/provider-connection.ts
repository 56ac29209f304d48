import type { Secret } from '../config/secret.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../observability/log.ts';
import type { OidcProvider } from '../portal/oidc-provider.ts';
import type { PublishedKeys } from '../portal/published-keys.ts';

export interface ProviderConnectionDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** For one answer; a sign-in takes up to three. */
const ANSWER_MS = 5_000;

/** The identity provider of the OIDC mode, asked for its metadata from now on; to be closed in the end. */
export async function connectProvider({
  settings,
  log,
  clock,
  random,
}: ProviderConnectionDeps): Promise<OidcProvider | undefined> {
  if (settings.PORTAL_AUTH !== 'oidc') return undefined;
  const issuer = settings.OIDC_ISSUER as string;
  const { createOidcProvider } = await import('../portal/oidc-provider.ts');
  return createOidcProvider({
    issuer,
    clientId: settings.OIDC_CLIENT_ID as string,
    clientSecret: settings.OIDC_CLIENT_SECRET as Secret,
    clock,
    random,
    timeoutMs: ANSWER_MS,
    onChange: (trouble) =>
      trouble
        ? log.warn({ issuer, err: trouble }, 'the identity provider is in trouble')
        : log.info({ issuer }, 'the identity provider answers'),
  });
}

/** The keys of the assertion mode's portal, if it publishes them; to be closed in the end. */
export async function connectPortalKeys({
  settings,
  log,
  clock,
}: Omit<ProviderConnectionDeps, 'random'>): Promise<PublishedKeys | undefined> {
  const url = settings.ASSERTION_JWKS_URL;
  if (url === undefined) return undefined;
  const { createPublishedKeys } = await import('../portal/published-keys.ts');
  return createPublishedKeys({
    url,
    clock,
    timeoutMs: ANSWER_MS,
    onChange: (trouble) =>
      trouble
        ? log.warn({ url, err: trouble }, 'the portal’s keys are in trouble')
        : log.info({ url }, 'the portal’s keys are known'),
  });
}
