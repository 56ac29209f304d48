import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const TOKEN_BYTES = 1_200;

/** A tenant that does nothing but mint: every user is known, every token says of whom it is, and is random for the rest. */
export interface BenchTenant {
  readonly url: string;
  /** Tokens asked for so far. */
  readonly calls: number;
  /** From now on the calls wait until `release()`, which answers them all. */
  hang(): void;
  release(): void;
  /** Calls that wait now. */
  readonly hanging: number;
  close(): Promise<void>;
}

/** `distanceMs`: how long each answer takes. */
export async function createBenchTenant(distanceMs: number): Promise<BenchTenant> {
  let calls = 0;
  let hangs = false;
  const waiting: ServerResponse[] = [];

  const server = createServer(async (request, response) => {
    request.resume();
    if (request.url !== '/oauth/token') {
      response.writeHead(204).end();
      return;
    }
    calls += 1;
    if (hangs) {
      waiting.push(response);
      return;
    }
    if (distanceMs > 0) await setTimeout(distanceMs);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    get calls() {
      return calls;
    },
    get hanging() {
      return waiting.length;
    },
    hang() {
      hangs = true;
    },
    release() {
      hangs = false;
      for (const response of waiting.splice(0)) answer(response);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse): void {
  const claims = Buffer.from(JSON.stringify({ sub: randomBytes(12).toString('hex') })).toString('base64url');
  const body = {
    access_token: `e30.${claims}.${randomBytes(TOKEN_BYTES / 2).toString('hex')}`,
    token_type: 'bearer',
    scope: 'user_default',
    expires_in: 21_600,
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
