import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
} from 'openid-client';
import type { AuthorizationParameters } from '../config/kinds/oidc.ts';
import type { ClaimsConfig } from '../config/portal-config.ts';
import type { Claims } from './claim.ts';
import { toldByClaims } from './claims.ts';
import type { IdentityProviderError } from './identity-provider-error.ts';
import type { LoginPolicy } from './login-policy.ts';
import type { KnownProvider, OidcProvider } from './oidc-provider.ts';
import { LoginRefusedError, type PortalAuth } from './portal-auth.ts';
import type { PortalUser, ProviderSession } from './portal-user.ts';
import { errorOfBrowser, providerTrouble } from './provider-trouble.ts';
import { unlikely, verifyToken } from './signed-token.ts';
import type { UserInfo } from './user-info.ts';

/** What one sign-in under way must be completed with; for nobody to see but us. */
export interface LoginSecrets {
  readonly nonce: string;
  /** RFC 7636 §4.1. */
  readonly verifier: string;
}

/** The same, with the state that the browser brings back. */
export interface OidcLogin extends LoginSecrets {
  readonly state: string;
}

export interface OidcEvidence {
  readonly login: OidcLogin;
  /** The query with which the provider sent the browser back. */
  readonly query: URLSearchParams;
}

/**
 * The sign-in with an OpenID Connect provider: authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC
 * 7636, RFC 9700). `authenticate` and `begin` also reject with an `IdentityProviderError`.
 */
export interface OidcAuth extends PortalAuth<OidcEvidence> {
  /**
   * Begins a sign-in: the URL at the provider where it goes on. `stateFor` gives the state that stands for its secrets;
   * with `selectAccount` the provider asks for the account, even of somebody who is signed in there.
   */
  begin(
    stateFor: (secrets: LoginSecrets) => string,
    options: { readonly selectAccount: boolean },
  ): Promise<string>;
  /**
   * Where the user is signed out at the provider too (OpenID Connect RP-Initiated Logout 1.0 §2); undefined for a user
   * whom no provider signed in, and when the provider has no such place.
   */
  endSessionUrl(user: PortalUser): string | undefined;
}

export interface OidcAuthDeps {
  readonly provider: OidcProvider;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** Where the provider sends the browser after a sign-out. */
  readonly postLogoutUri: string;
  readonly clientId: string;
  readonly scope: string;
  /** Further parameters of the authorization request. */
  readonly parameters: AuthorizationParameters;
  readonly userInfo: UserInfo;
  readonly claims: ClaimsConfig;
  readonly policy: LoginPolicy;
  readonly now: () => number;
}

/** What the provider answered, proven. */
interface Exchanged {
  readonly idToken: string;
  readonly payload: Claims;
  /** The ID token's claims, completed. */
  readonly told: Claims;
}

/** A larger ID token is not kept in the session. */
const MAX_ID_TOKEN = 4_096;
const MAX_SUBJECT = 255;

export function createOidcAuth(deps: OidcAuthDeps): OidcAuth {
  const { provider, redirectUri, postLogoutUri, clientId, scope, parameters, userInfo, claims, policy, now } =
    deps;
  const { max_age: maxAge } = parameters;

  /** Sees the claims of the ID token proven (OpenID Connect Core 1.0 §3.1.3.7), and completes them. */
  async function exchange({ login, query }: OidcEvidence, known: KnownProvider): Promise<Exchanged> {
    const url = new URL(redirectUri);
    url.search = query.toString();
    const tokens = await authorizationCodeGrant(known.configuration, url, {
      expectedState: login.state,
      expectedNonce: login.nonce,
      pkceCodeVerifier: login.verifier,
      // What was asked for must have been done: whoever signs in could have taken it out of the request.
      ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
      idTokenExpected: true,
    });
    const idToken = tokens.id_token as string;
    // openid-client trusts the connection; a signature is worth more than that.
    const { payload } = await verifyToken(idToken, {
      keys: known.keys,
      issuer: known.metadata.issuer,
      audience: clientId,
      now,
    });
    if (payload.azp !== undefined && payload.azp !== clientId) throw unlikely(payload, 'azp');
    if (!payload.sub || payload.sub.length > MAX_SUBJECT) throw unlikely(payload, 'sub');
    return { idToken, payload, told: await userInfo.complete(known, tokens.access_token, payload) };
  }

  return {
    async begin(stateFor, { selectAccount }) {
      const { configuration, metadata } = await provider.current();
      const secrets = { nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const url = buildAuthorizationUrl(configuration, {
        ...parameters,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope,
        state: stateFor(secrets),
        nonce: secrets.nonce,
        code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
        // Whoever gave the parameters knows what this provider understands.
        ...(selectAccount && { prompt: parameters.prompt ?? promptOf(metadata) }),
      });
      return url.href;
    },

    async authenticate(evidence) {
      const known = await provider.current();
      checkReturn(evidence.query, known);
      const { idToken, payload, told } = await exchange(evidence, known).catch((error) => {
        const trouble = providerTrouble(error, { issuer: known.metadata.issuer });
        // The metadata say nothing of how the user info is.
        const isElsewhere = trouble.details.userInfo === undefined;
        if (trouble.code === 'idp_unavailable' && isElsewhere) provider.troubled(trouble);
        throw refusal(trouble);
      });
      // Of the ID token alone: what a user info calls so may be something else.
      const { sid, sub } = payload;
      const providerSession: ProviderSession = {
        subject: sub as string,
        ...(typeof sid === 'string' && sid !== '' && sid.length <= MAX_SUBJECT && { sid }),
        ...(idToken.length <= MAX_ID_TOKEN && { idToken }),
      };
      return { ...policy.admit(toldByClaims(told, claims)), providerSession };
    },

    endSessionUrl({ providerSession }) {
      const { known } = provider;
      if (!providerSession || !known?.metadata.end_session_endpoint) return undefined;
      const { idToken, sid, subject } = providerSession;
      return buildEndSessionUrl(known.configuration, {
        post_logout_redirect_uri: postLogoutUri,
        ...(idToken ? { id_token_hint: idToken } : { logout_hint: sid ?? subject }),
      }).href;
    },
  };
}

/** A provider refuses words that it does not know: all know `login`, and `select_account` those that say so. */
function promptOf({ prompt_values_supported: known }: KnownProvider['metadata']): string {
  return Array.isArray(known) && known.includes('select_account') ? 'select_account' : 'login';
}

/** The provider's word on the user or on what the browser brought; any other is about us or itself. */
const REFUSALS = new Set([
  ...['access_denied', 'login_required', 'consent_required', 'interaction_required'],
  ...['account_selection_required', 'invalid_grant'],
]);

function refusal(trouble: IdentityProviderError): Error {
  const word = trouble.details.providerError;
  if (word === undefined || !REFUSALS.has(word)) return trouble;
  return new LoginRefusedError('bad_request', `The identity provider signed nobody in (${word}).`);
}

/**
 * Whether the browser came back from the provider to which it was sent (RFC 9207 §2.4), with each parameter once (RFC
 * 6749 §3.1). Throws a `LoginRefusedError`.
 */
function checkReturn(query: URLSearchParams, { metadata }: KnownProvider): void {
  const once = ['state', 'iss', 'code', 'error', 'response'].every((name) => query.getAll(name).length <= 1);
  const iss = query.get('iss');
  const isFromThere =
    iss === null ? !metadata.authorization_response_iss_parameter_supported : iss === metadata.issuer;
  if (!once || !isFromThere || query.has('code') === query.has('error'))
    throw new LoginRefusedError('bad_request', 'This is no answer of the identity provider’s.');
  // The browser's word: it says nothing of how the provider is.
  if (query.has('error')) throw refusal(errorOfBrowser(query.get('error')));
}
