import type { ClientAuthentication } from '../client-authentication.ts';
import { QlikError } from '../errors.ts';
import type { QlikHttp } from '../http.ts';
import {
  type QlikIdentity,
  readAccepted,
  readIdentity,
  readUserPath,
  usersMeRequest,
} from '../resources/users-me.ts';
import { clientCredentialsRequest, readClientCredentialsResponse } from './client-credentials.ts';
import { impersonationRequest, readImpersonationResponse, type UserLookup } from './impersonation.ts';
import { readRevocationResponse, revocationRequest } from './revocation.ts';
import type { IssuedToken } from './token-response.ts';

/** The calls about tokens that one tenant takes. Each rejects with a `QlikError`. */
export interface TokenIssuer {
  /** A token with which the page acts as that user. `onAnswer` is called when the answer begins. */
  mint(lookup: UserLookup, signal: AbortSignal, onAnswer?: () => void): Promise<IssuedToken>;
  /** Asks for a token with which the client acts as itself, and drops it: the answer shows whether it may. */
  askForOwn(signal: AbortSignal): Promise<void>;
  /** Whether the tenant takes the token: false only for its 401. */
  accepts(accessToken: string, signal: AbortSignal): Promise<boolean>;
  /** Whose token it is. */
  identify(accessToken: string, signal: AbortSignal): Promise<QlikIdentity>;
  /** Makes the tenant refuse the token from now on (RFC 7009). */
  revoke(accessToken: string, signal: AbortSignal): Promise<void>;
}

export interface TokenIssuerDeps {
  readonly http: QlikHttp;
  readonly authentication: ClientAuthentication;
  readonly scope: string;
}

/** More than a call takes, so that the tenant's time changed because more is known of it. */
const CLOCK_STEP_MS = 30_000;

/** A Qlik Cloud tenant as an issuer of impersonation tokens. */
export function createTokenIssuer({ http, authentication, scope }: TokenIssuerDeps): TokenIssuer {
  return {
    async mint(lookup, signal, onAnswer) {
      const datedAt = http.tenantNow();
      const request = impersonationRequest(await authentication.credentials(), scope, lookup);
      const response = await http.send(request, signal, onAnswer);
      const misdated = authentication.dated && Math.abs(http.tenantNow() - datedAt) > CLOCK_STEP_MS;
      if (misdated && (response.status === 400 || response.status === 401))
        throw new QlikError('unavailable', 'the tenant’s clock was not known', { retryable: true });
      return readImpersonationResponse(response, { scope, lookup }, http.tenantNow());
    },

    async askForOwn(signal) {
      const request = clientCredentialsRequest(await authentication.credentials(), scope);
      readClientCredentialsResponse(await http.send(request, signal), http.tenantNow());
    },

    async accepts(accessToken, signal) {
      const response = await http.send(usersMeRequest(accessToken), signal);
      return readAccepted(response, http.tenantNow());
    },

    async identify(accessToken, signal) {
      const response = await http.send(usersMeRequest(accessToken), signal);
      const path = readUserPath(response, http.origin);
      const answer = path ? await http.send(usersMeRequest(accessToken, path), signal) : response;
      return readIdentity(answer, http.tenantNow());
    },

    async revoke(accessToken, signal) {
      const response = await http.send(revocationRequest(accessToken), signal);
      readRevocationResponse(response, http.tenantNow());
    },
  };
}
