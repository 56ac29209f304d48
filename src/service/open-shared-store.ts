import type { StoreConfig } from '../config/store-config.ts';
import { inMemory, type SharedStore, type SharedStoreDeps } from './shared-store.ts';

/** In Redis, whose code is loaded only then; or, for one replica alone, in its memory. */
export async function openSharedStore(config: StoreConfig, deps: SharedStoreDeps): Promise<SharedStore> {
  if (config.type === 'memory') return inMemory(deps.clock);
  // The Redis client would print all that it sends, the password first.
  delete process.env.DEBUG;
  return (await import('./redis-store.ts')).openRedisStore(config, deps);
}
