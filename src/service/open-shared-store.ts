import { inMemory, type SharedStore, type SharedStoreDeps } from './shared-store.ts';

/** In Redis, whose code is loaded only then; or, for one replica alone, in its memory. */
export async function openSharedStore(deps: SharedStoreDeps): Promise<SharedStore> {
  const { REDIS_URL } = deps.settings;
  if (!REDIS_URL) return inMemory(deps.clock);
  // The Redis client would print all that it sends, the password first.
  delete process.env.DEBUG;
  return (await import('./redis-store.ts')).openRedisStore(REDIS_URL, deps);
}
