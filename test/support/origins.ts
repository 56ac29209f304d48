import type { Tenants } from '../../src/access/tenants.ts';
import { createOrigins, type Origins } from '../../src/http/policy/origins.ts';

/** What a service at `publicUrl` knows that serves one tenant, for whose users pages of `foreign` origins may call. */
export function originsOf(publicUrl: string, foreign: readonly string[] = []): Origins {
  const served = [{ tenant: { origins: foreign } }] as unknown as ReturnType<Tenants['all']>;
  return createOrigins(new URL(publicUrl), { all: () => served });
}
