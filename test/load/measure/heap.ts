import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../heap-per-user.ts', import.meta.url));

/** Heap that each of so many users costs, as `npm run heap` measures it. */
export interface HeapPerUser {
  readonly users: number;
  readonly bytesEach: number;
}

export async function measureHeap(users: number): Promise<HeapPerUser> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--max-old-space-size=8192',
    '--import',
    'tsx',
    script,
    String(users),
    '--json',
  ]);
  return JSON.parse(stdout) as HeapPerUser;
}
