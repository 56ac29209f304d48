import type { ClaimsConfig } from '../config/portal-config.ts';
import type { Emit } from '../events.ts';
import type { Claims } from './claim.ts';
import { completeClaims, missingClaims } from './claims.ts';
import { IdentityProviderError } from './identity-provider-error.ts';
import type { KnownProvider } from './oidc-provider.ts';
import { providerTrouble } from './provider-trouble.ts';

/** What the provider's user info adds to an ID token (OpenID Connect Core 1.0 §5.3). */
export interface UserInfo {
  /**
   * The claims of a verified ID token, completed as far as that is needed and works. Rejects with an
   * `IdentityProviderError` when a claim without which nobody can sign in is missing and cannot be had, and when the
   * answer is about somebody else.
   */
  complete(known: KnownProvider, accessToken: string, idToken: Claims): Promise<Claims>;
}

export interface UserInfoDeps {
  readonly claims: ClaimsConfig;
  /** Claims without which nobody can sign in. */
  readonly indispensable: readonly string[];
  /** Milliseconds; of a clock that is never set. */
  readonly now: () => number;
  readonly emit: Emit;
}

/** A sign-in that does without waits no longer. */
const DISPENSABLE_MS = 2_000;
/** After that wait was in vain, those that do without do not begin it. */
const REST_MS = 30_000;
/** Trouble that comes and goes, or is that of some users, is one trouble. */
const OVER_AFTER_MS = 60_000;

export function createUserInfo({ claims, indispensable, now, emit }: UserInfoDeps): UserInfo {
  let restUntil = Number.NEGATIVE_INFINITY;
  let trouble: { reason: string; lastAt: number; without: number } | undefined;

  function tellsAll(idToken: Claims): boolean {
    const { id, email, name, groups, others } = claims.names;
    return [id, email, name, groups, ...others].every((claim) => Object.hasOwn(idToken, claim));
  }

  function failed(error: IdentityProviderError, issuer: string): void {
    const { reason } = error.details;
    if (reason === 'timeout') restUntil = now() + REST_MS;
    if (trouble?.reason !== reason) emit({ type: 'idp.user_info_troubled', issuer, error });
    trouble = { reason, lastAt: now(), without: trouble?.without ?? 0 };
  }

  function succeeded(issuer: string): void {
    if (!trouble || now() - trouble.lastAt < OVER_AFTER_MS) return;
    emit({ type: 'idp.user_info_recovered', issuer, signInsWithout: trouble.without });
    trouble = undefined;
  }

  function without(idToken: Claims): Claims {
    if (trouble) trouble.without += 1;
    return idToken;
  }

  return {
    async complete(known, accessToken, idToken) {
      const { userinfo_endpoint: endpoint, issuer } = known.metadata;
      const missing = missingClaims(idToken, indispensable, claims);
      const isDispensable = missing.length === 0;
      if (!endpoint || (isDispensable && tellsAll(idToken))) return idToken;
      if (isDispensable && now() < restUntil) return without(idToken);
      try {
        const told = await known.askUserInfo(
          accessToken,
          idToken.sub as string,
          isDispensable ? DISPENSABLE_MS : undefined,
        );
        succeeded(issuer);
        return completeClaims(idToken, told, claims);
      } catch (error) {
        const failure = providerTrouble(error, { host: new URL(endpoint).host });
        // §5.3.2: somebody mixes up users, or wants us to.
        if (failure.details.claim === 'sub') throw failure;
        failed(failure, issuer);
        if (isDispensable) return without(idToken);
        const { reason: userInfo, ...details } = failure.details;
        throw new IdentityProviderError(
          failure.code,
          { ...details, reason: 'user_info', userInfo, missing },
          { cause: failure },
        );
      }
    },
  };
}
