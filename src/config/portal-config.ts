import type { KeyObject } from 'node:crypto';
import type { ConfigFile } from './config-file.ts';
import { given } from './given.ts';
import type { AuthorizationParameters } from './oidc-kinds.ts';
import { mappingBy } from './rules/conditions.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

/** Which claims of an ID token or an assertion say who it is. */
export interface ClaimsConfig {
  readonly names: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly groups: string;
    /** Other claims that the session keeps. */
    readonly others: readonly string[];
  };
  /** An e-mail counts without `email_verified`. */
  readonly trustEmail: boolean;
}

export interface OidcConfig {
  readonly auth: 'oidc';
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Where its metadata are, when that is not below the issuer. */
  readonly discoveryUrl: string | undefined;
  readonly scope: string;
  /** Further parameters of the authorization request. */
  readonly parameters: AuthorizationParameters;
  /** Claims without which no Qlik user can be found: when one cannot be had, a sign-in fails. */
  readonly needed: readonly string[];
  readonly claims: ClaimsConfig;
}

export interface GatewayConfig {
  readonly auth: 'proxy';
  readonly secret: Secret;
  /** Names of headers, in lower case; null: not read. */
  readonly headers: {
    readonly secret: string;
    readonly user: string;
    readonly email: string | null;
    readonly name: string | null;
    readonly groups: string | null;
    readonly tenant: string | null;
  };
  readonly trustEmail: boolean;
}

export interface AssertionConfig {
  readonly auth: 'assertion';
  readonly issuer: string;
  readonly audience: string;
  /** The portal's: where it publishes them, or the keys themselves. */
  readonly keys: { readonly url: string } | { readonly publicKeys: readonly KeyObject[] };
  readonly claims: ClaimsConfig;
}

export interface DemoConfig {
  readonly auth: 'demo';
  /** Without it, the users of the sandbox. */
  readonly users: ConfigFile | undefined;
  /** Names of the claims that the session keeps. */
  readonly claims: readonly string[];
}

/** Who says who is signed in at the portal. */
export type PortalConfig = OidcConfig | GatewayConfig | AssertionConfig | DemoConfig;

/** What the settings of the sign-in mean. */
export function portalConfig(s: Settings): PortalConfig {
  switch (s.PORTAL_AUTH) {
    case 'oidc':
      return {
        auth: 'oidc',
        issuer: given(s, 'OIDC_ISSUER'),
        clientId: given(s, 'OIDC_CLIENT_ID'),
        clientSecret: given(s, 'OIDC_CLIENT_SECRET'),
        discoveryUrl: s.OIDC_DISCOVERY_URL,
        scope: s.OIDC_SCOPE,
        parameters: s.OIDC_PARAMS ?? {},
        needed: neededClaims(s),
        claims: claimsConfig(s),
      };
    case 'proxy':
      return {
        auth: 'proxy',
        secret: given(s, 'PROXY_SECRET'),
        headers: {
          secret: s.PROXY_SECRET_HEADER,
          user: s.PROXY_USER_HEADER,
          email: s.PROXY_EMAIL_HEADER,
          name: s.PROXY_NAME_HEADER,
          groups: s.PROXY_GROUPS_HEADER,
          tenant: s.PROXY_TENANT_HEADER,
        },
        trustEmail: s.TRUST_EMAIL,
      };
    case 'assertion':
      return {
        auth: 'assertion',
        issuer: given(s, 'ASSERTION_ISSUER'),
        audience: given(s, 'ASSERTION_AUDIENCE'),
        keys: s.ASSERTION_JWKS_URL
          ? { url: s.ASSERTION_JWKS_URL }
          : { publicKeys: given(s, 'ASSERTION_PUBLIC_KEY') },
        claims: claimsConfig(s),
      };
    case 'demo':
      return { auth: 'demo', users: s.DEMO_USERS, claims: otherClaims(s) };
  }
}

function claimsConfig(s: Settings): ClaimsConfig {
  return {
    names: {
      id: s.CLAIM_ID,
      email: s.CLAIM_EMAIL,
      name: s.CLAIM_NAME,
      groups: s.CLAIM_GROUPS,
      others: otherClaims(s),
    },
    trustEmail: s.TRUST_EMAIL,
  };
}

function neededClaims(s: Settings): string[] {
  const isFoundByEmail = mappingBy('lookup', 'provision').holds(s);
  return [...new Set([s.CLAIM_ID, ...otherClaims(s), ...(isFoundByEmail ? [s.CLAIM_EMAIL] : [])])];
}

function otherClaims({ USER_CLAIM }: Settings): string[] {
  return USER_CLAIM === undefined ? [] : [USER_CLAIM];
}
