import type { Clock } from '../lib/clock.ts';
import type { ClientCredentials } from '../qlik/client-authentication.ts';
import { readQlikError } from '../qlik/error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../qlik/http.ts';
import type { IssuedToken } from '../qlik/oauth/token-response.ts';
import { readTokenAnswer } from '../qlik/oauth/token-response.ts';

/**
 * The request for a token with which a client acts as itself (RFC 6749 §4.4), with all the scopes that it has.
 * https://qlik.dev/apis/rest/oauth/#post-oauth-token
 */
export function managementTokenRequest(credentials: ClientCredentials): QlikRequest {
  return { method: 'POST', path: '/oauth/token', json: { ...credentials, grant_type: 'client_credentials' } };
}

/** The token in the answer. `tenantNow` as in `readImpersonationResponse`. Throws a `QlikError`. */
export function readManagementToken(response: QlikResponse, tenantNow: number): IssuedToken {
  if (!isSuccess(response)) throw readQlikError(response, tenantNow);
  return readTokenAnswer(response.body, '', tenantNow);
}

/** One token for all who need it: asked for once however many wait, and again before it ends. */
export interface ManagementToken {
  /** Asks by `issue` when none is held that lives for another minute. Rejects as `issue` does. */
  get(issue: () => Promise<IssuedToken>): Promise<string>;
  /** The tenant refuses this token: the next one who needs one asks for another. */
  drop(accessToken: string): void;
}

/** With less left it is not used any more. */
const MIN_REMAINING_MS = 60_000;

export function createManagementToken({ now }: Pick<Clock, 'now'>): ManagementToken {
  let held: { accessToken: string; until: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(issue: () => Promise<IssuedToken>): Promise<string> {
    const askedAt = now();
    const { accessToken, lifetimeMs } = await issue();
    held = { accessToken, until: askedAt + lifetimeMs - Math.min(MIN_REMAINING_MS, lifetimeMs / 2) };
    return accessToken;
  }

  return {
    async get(issue) {
      if (held && now() < held.until) return held.accessToken;
      asking ??= ask(issue).finally(() => {
        asking = undefined;
      });
      return asking;
    },

    drop(accessToken) {
      if (held?.accessToken === accessToken) held = undefined;
    },
  };
}
