import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './server-process.ts';

/** Heap that each of so many users costs, as `npm run heap` measures it. */
export interface HeapPerUser {
  readonly users: number;
  readonly bytesEach: number;
}

/** In a checkout: this one, or the folder of another. */
export async function measureHeap(users: number, checkout = root): Promise<HeapPerUser> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--expose-gc',
      '--max-old-space-size=8192',
      '--import',
      'tsx',
      'test/load/heap-per-user.ts',
      String(users),
      '--json',
    ],
    { cwd: checkout },
  );
  return JSON.parse(stdout) as HeapPerUser;
}
