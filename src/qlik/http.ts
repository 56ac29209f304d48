import type { OutboundConfig } from '../config/outbound-config.ts';
import { ProxyError } from '../outbound/proxy-error.ts';
import { QlikError } from './errors.ts';

/** An answer that arrived whole. */
export interface QlikResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Whether the status is 2xx. */
export function isSuccess({ status }: QlikResponse): boolean {
  return status >= 200 && status <= 299;
}

export interface QlikRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  /** Sent as a bearer token. */
  readonly bearer?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/**
 * HTTP to one tenant. Redirects are not followed: the secret would travel. Compressed answers are not asked for and
 * not unpacked. What is too large, too slow or cut off is a `QlikError`; every status is an answer. `onAnswer` is called
 * when an answer begins.
 */
export interface QlikHttp {
  send(request: QlikRequest, signal: AbortSignal, onAnswer?: () => void): Promise<QlikResponse>;
  /** The tenant's. */
  readonly origin: string;
  /** The tenant's time, after the `Date` of its last answer; milliseconds since the epoch. */
  tenantNow(): number;
  /** Calls under way fail, and no other is made. */
  close(): Promise<void>;
}

export interface QlikHttpOptions {
  /** The tenant's origin. */
  readonly tenantUrl: string;
  /** PEM, trusted besides the usual certificates. */
  readonly ca?: string | undefined;
  readonly outbound: OutboundConfig;
  readonly connections: number;
  readonly now: () => number;
}

const MAX_RESPONSE_BYTES = 256 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;

export function createQlikHttp({ tenantUrl, ca, outbound, connections, now }: QlikHttpOptions): QlikHttp {
  let tenantAheadMs = 0;
  let client: ReturnType<typeof createClient> | undefined;
  let closed = false;

  /** The library is large, and loaded by the first call: nobody waits for it at the start. */
  async function createClient() {
    const [{ request }, { createDispatchers }] = await Promise.all([
      import('undici'),
      import('../outbound/dispatchers.ts'),
    ]);
    const dispatchers = createDispatchers({
      ...{ outbound, connections, ca },
      maxResponseSize: MAX_RESPONSE_BYTES,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    return { dispatchers, request };
  }

  function observeDate(date: unknown): void {
    const tenantTime = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    if (!Number.isNaN(tenantTime)) tenantAheadMs = tenantTime - now();
  }

  return {
    origin: tenantUrl,

    async send({ method, path, bearer, json }, signal, onAnswer) {
      // A call may have been prepared while the connection was closed, and would open another.
      if (closed) throw new QlikError('unavailable', 'the connection is closed');
      let answering = false;
      client ??= createClient();
      const { dispatchers, request } = await client;
      try {
        const response = await request(tenantUrl + path, {
          dispatcher: dispatchers.for(tenantUrl),
          method,
          signal,
          headers: {
            accept: 'application/json',
            ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
            ...(json !== undefined && { 'content-type': 'application/json' }),
          },
          ...(json !== undefined && { body: JSON.stringify(json) }),
        });
        answering = true;
        onAnswer?.();
        observeDate(response.headers.date);
        return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
      } catch (error) {
        throw transportFault(error, answering, signal.aborted);
      }
    },

    tenantNow: () => now() + tenantAheadMs,
    async close() {
      closed = true;
      await (await client)?.dispatchers.close();
    },
  };
}

/**
 * No answer is the tenant's trouble; one that ends before it is whole is no answer of Qlik's. The error's message stays
 * behind: only its code is known to hold nothing of what was sent.
 */
function transportFault(error: unknown, answering: boolean, timedOut: boolean): QlikError {
  if (error instanceof ProxyError)
    return new QlikError('unavailable', error.message, { cause: error, retryable: error.retryable });
  const code = timedOut ? 'timeout' : String((error as { code?: unknown }).code ?? 'unknown');
  if (!answering) return new QlikError('unavailable', `no answer (${code})`, { retryable: !timedOut });
  const oversized = code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
  return new QlikError('bad_response', `answer not whole (${code})`, { retryable: !timedOut && !oversized });
}
