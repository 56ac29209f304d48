import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createTestService, type TestService, type TestServiceOptions } from './test-service.ts';

const STORE_KEY = randomBytes(32).toString('base64');

export interface RedisServiceOptions extends TestServiceOptions {
  env?: Record<string, string>;
  /** The service that this is a replica of: both are one deployment. */
  replicaOf?: TestService;
}

/** A service that keeps its sessions in the Redis at this port. */
export function createRedisService(
  t: TestContext,
  port: number,
  { env, replicaOf, ...options }: RedisServiceOptions = {},
): Promise<TestService> {
  const redis = { REDIS_URL: `redis://127.0.0.1:${port}`, STORE_KEY };
  const same = replicaOf && { PUBLIC_URL: replicaOf.origin };
  return createTestService(t, { ...options, env: { ...redis, ...same, ...env } });
}
