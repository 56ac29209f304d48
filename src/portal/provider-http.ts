import { request } from 'undici';
import { type OutboundConfig, proxyFor } from '../config/outbound-config.ts';
import { createTurns } from '../lib/turns.ts';
import { createDispatchers } from '../outbound/dispatchers.ts';
import { ProxyError } from '../outbound/proxy-error.ts';
import { IdentityProviderError } from './identity-provider-error.ts';

/** The part of `fetch` that OpenID Connect needs. */
export type ProviderFetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body?: unknown;
    /** Ends it before its time. */
    signal?: AbortSignal | undefined;
  },
) => Promise<Response>;

/**
 * HTTP to an identity provider. Redirects are not followed, compressed answers are neither asked for nor unpacked, and
 * an answer is read whole before anybody sees it. Rejects with an `IdentityProviderError`: what is too large, no HTTP, or
 * under a certificate that is not trusted is an `idp_bad_response`; what is too slow, cut off, a 5xx or a 429 is
 * `idp_unavailable`.
 */
export interface ProviderHttp {
  readonly fetch: ProviderFetch;
  close(): Promise<void>;
}

export interface ProviderHttpOptions {
  readonly outbound: OutboundConfig;
  /** For a whole answer, from connecting to its last byte; not for the wait until it is its turn. */
  readonly timeoutMs: number;
}

const MAX_RESPONSE_BYTES = 256 * 1024;
const CONNECTIONS = 8;
/** Of the time for an answer: what fails on the way is known by its name, not as an answer that is too slow. */
const CONNECT_SHARE = 0.8;

export function createProviderHttp({ outbound, timeoutMs }: ProviderHttpOptions): ProviderHttp {
  const dispatchers = createDispatchers({
    outbound,
    connections: CONNECTIONS,
    maxResponseSize: MAX_RESPONSE_BYTES,
    connectTimeoutMs: timeoutMs * CONNECT_SHARE,
  });

  // What waits for a connection is no trouble of the provider's: its time begins with its turn.
  const turns = createTurns(CONNECTIONS);

  return {
    fetch: (url, options) => turns.take('', () => ask(url, options)),
    close: dispatchers.close,
  };

  async function ask(
    url: string,
    { method, headers, body, signal: earlier }: Parameters<ProviderFetch>[1],
  ): Promise<Response> {
    const { host } = new URL(url);
    const latest = AbortSignal.timeout(timeoutMs);
    const signal = earlier ? AbortSignal.any([earlier, latest]) : latest;
    let status: number;
    let text: string;
    let type: unknown;
    try {
      const response = await request(url, {
        dispatcher: dispatchers.for(url),
        method: method as 'GET' | 'POST',
        signal,
        headers,
        ...(body instanceof URLSearchParams && { body: body.toString() }),
      });
      status = response.statusCode;
      type = response.headers['content-type'];
      text = await response.body.text();
    } catch (error) {
      throw transportTrouble(error, { timedOut: signal.aborted, host, proxy: proxyFor(outbound, url)?.host });
    }
    if (status >= 500 || status === 429)
      throw new IdentityProviderError('idp_unavailable', { reason: `status_${status}`, host, status });
    const isEmpty = status === 204 || status === 205 || status === 304;
    return new Response(isEmpty ? null : text, {
      status,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  }
}

/**
 * Codes of answers that are none which we may read: too much, no HTTP, no TLS where it should be, or a certificate that
 * is not trusted, for which Node has OpenSSL's own words.
 */
const ANSWERED =
  /^(?:UND_ERR_RES_EXCEEDED_MAX_SIZE|UND_ERR_HEADERS_OVERFLOW|HPE_|ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$)/;

function transportTrouble(
  error: unknown,
  { timedOut, host, proxy }: { timedOut: boolean; host: string; proxy: string | undefined },
): IdentityProviderError {
  if (error instanceof ProxyError) {
    const { code, details } = error;
    const { status } = details;
    const trouble = { reason: code, host, proxy: details.proxy, ...(status !== undefined && { status }) };
    return new IdentityProviderError('idp_unavailable', trouble, { cause: error });
  }
  const reason = timedOut ? 'timeout' : String((error as { code?: unknown }).code ?? 'unknown');
  return new IdentityProviderError(ANSWERED.test(reason) ? 'idp_bad_response' : 'idp_unavailable', {
    reason,
    host,
    ...(proxy !== undefined && { proxy }),
  });
}
