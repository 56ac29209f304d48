import { BrokerError } from '../errors.ts';

export interface ProxyErrorDetails {
  /** Host and port of the proxy. */
  readonly proxy: string;
  /** With which it refused. */
  readonly status?: number;
  /** Why it could not be reached: a code of Node's or of undici's, or `timeout`. */
  readonly reason?: string;
}

/**
 * The outbound proxy could not be reached, or did not open the way (RFC 9110 §9.3.6): whoever was to be called knows
 * nothing of it. Holds nothing secret.
 */
export class ProxyError extends BrokerError<'proxy_refused' | 'proxy_unreachable'> {
  declare readonly details: ProxyErrorDetails;

  constructor(details: ProxyErrorDetails) {
    const { proxy, status, reason } = details;
    if (status !== undefined)
      super('proxy_refused', `the outbound proxy ${proxy} refused (${status})`, { details });
    else super('proxy_unreachable', `the outbound proxy ${proxy} cannot be reached (${reason})`, { details });
  }

  /** Whether another try may help at once: 4xx is about us. */
  get retryable(): boolean {
    const { status = 500 } = this.details;
    return status >= 500;
  }
}
