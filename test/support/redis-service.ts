import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createTestService, type TestService, type TestServiceOptions } from './test-service.ts';

const STORE_KEY = randomBytes(32).toString('base64');

/** A service that keeps its sessions in the Redis at this port; several are replicas of each other. */
export function createRedisService(
  t: TestContext,
  port: number,
  { env, ...options }: TestServiceOptions & { env?: Record<string, string> } = {},
): Promise<TestService> {
  const redis = { REDIS_URL: `redis://127.0.0.1:${port}`, STORE_KEY };
  return createTestService(t, { ...options, env: { ...redis, ...env } });
}
