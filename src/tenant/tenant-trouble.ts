import type { QlikError } from '../qlik/errors.ts';
import { TokenError } from './token-error.ts';

/** What a tenant's fault means to whoever waits. A refusal is taken to be that of an OAuth client of ours. */
export function tenantTrouble(fault: QlikError): TokenError {
  const options = { cause: fault, retryAfterMs: fault.retryAfterMs };
  switch (fault.code) {
    case 'throttled':
      return new TokenError('tenant_throttled', 'Qlik Cloud asks us to wait.', options);
    case 'unavailable':
      return new TokenError('tenant_unavailable', 'Qlik Cloud does not answer.', options);
    case 'bad_response':
      return new TokenError('tenant_bad_response', 'Qlik Cloud’s answer cannot be used.', options);
    case 'refused':
      return refusedClient(options);
  }
}

/** An OAuth client of ours is refused: an operator must act. */
export function refusedClient(options: { retryAfterMs: number | undefined; cause?: unknown }): TokenError {
  return new TokenError('tenant_refused_client', 'Qlik Cloud refuses this service’s OAuth client.', options);
}
