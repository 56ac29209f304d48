import type { KeyObject } from 'node:crypto';
import type { ConfigFile } from './config-file.ts';
import { given } from './given.ts';
import type { AuthorizationParameters } from './kinds/oidc.ts';
import { mappingBy } from './rules/conditions.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

/** Which claims of an ID token, an assertion or a gateway's JWT say who it is. */
export interface ClaimsConfig {
  readonly names: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly groups: string;
    /** Members of groups that are objects: the first that there is names the group. */
    readonly groupMembers: readonly string[];
    /** Other claims that the session keeps. */
    readonly others: readonly string[];
  };
  /** An e-mail counts without `email_verified`. */
  readonly trustEmail: boolean;
}

/** A claim, and the values of which it must have one. */
export interface RequiredClaim {
  readonly claim: string;
  readonly values: readonly string[];
}

/** Who may sign in, and what of a sign-in matters. */
export interface LoginPolicyConfig {
  /** All of them must hold. */
  readonly required: readonly RequiredClaim[];
  /** Whoever's groups are told and not understood may not sign in. */
  readonly groupsStrict: boolean;
  /** Claims that name the Qlik user: without one of them, there is none. */
  readonly namingQlikUser: readonly string[];
  /** The e-mail can say which Qlik user somebody is. */
  readonly emailFinds: boolean;
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
  /** Claims that a sign-in cannot do without: who it is, which Qlik user that is, and what is required. */
  readonly indispensable: readonly string[];
  readonly claims: ClaimsConfig;
  readonly policy: LoginPolicyConfig;
}

/** A gateway that says who it is in headers, and proves itself by a secret. */
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
  /** What stands between two groups in their header. */
  readonly groupsSeparator: string;
  readonly trustEmail: boolean;
  readonly policy: LoginPolicyConfig;
}

/** For whom a gateway signs: this service, as `aud` says; or everything behind it, and the header names the gateway. */
export type GatewayPurpose =
  | { readonly audience: string }
  | {
      /** The ARN of a load balancer. */
      readonly signer: string;
      /** The OAuth client for which the load balancer signs users in; undefined: any. */
      readonly client: string | undefined;
    };

/** A gateway that proves itself by what it signs. */
export interface SignedGatewayConfig {
  readonly auth: 'proxy';
  readonly jwt: {
    /** Name of the header that holds it, in lower case. */
    readonly header: string;
    readonly issuer: string;
    readonly purpose: GatewayPurpose;
    /** Of a JWK Set; or, with `{kid}` in it, of one key in PEM. */
    readonly keysUrl: string;
  };
  readonly claims: ClaimsConfig;
  readonly policy: LoginPolicyConfig;
}

export interface AssertionConfig {
  readonly auth: 'assertion';
  readonly issuer: string;
  readonly audience: string;
  /** The portal's: where it publishes them, or the keys themselves. */
  readonly keys: { readonly url: string } | { readonly publicKeys: readonly KeyObject[] };
  readonly claims: ClaimsConfig;
  readonly policy: LoginPolicyConfig;
}

export interface DemoConfig {
  readonly auth: 'demo';
  /** Without it, the users of the sandbox. */
  readonly users: ConfigFile | undefined;
  /** Names of the claims that the session keeps. */
  readonly claims: readonly string[];
  readonly policy: LoginPolicyConfig;
}

/** Who says who is signed in at the portal. */
export type PortalConfig = OidcConfig | GatewayConfig | SignedGatewayConfig | AssertionConfig | DemoConfig;

/** What the settings of the sign-in mean. */
export function portalConfig(s: Settings): PortalConfig {
  const policy = loginPolicyConfig(s);
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
        indispensable: indispensableClaims(s),
        claims: claimsConfig(s),
        policy,
      };
    case 'proxy':
      if (s.PROXY_JWT_HEADER !== undefined) return signedGateway(s, s.PROXY_JWT_HEADER, policy);
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
        groupsSeparator: s.PROXY_GROUPS_SEPARATOR,
        trustEmail: s.TRUST_EMAIL,
        policy,
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
        policy,
      };
    case 'demo':
      return { auth: 'demo', users: s.DEMO_USERS, claims: otherClaims(s), policy };
  }
}

function signedGateway(s: Settings, header: string, policy: LoginPolicyConfig): SignedGatewayConfig {
  const audience = given(s, 'PROXY_JWT_AUDIENCE');
  const keysUrl = given(s, 'PROXY_JWT_JWKS_URL');
  return {
    auth: 'proxy',
    jwt: {
      header,
      issuer: given(s, 'PROXY_JWT_ISSUER'),
      purpose: keysUrl.includes('{kid}') ? { signer: audience, client: s.PROXY_JWT_CLIENT } : { audience },
      keysUrl,
    },
    claims: claimsConfig(s),
    policy,
  };
}

function claimsConfig(s: Settings): ClaimsConfig {
  return {
    names: {
      id: s.CLAIM_ID,
      email: s.CLAIM_EMAIL,
      name: s.CLAIM_NAME,
      groups: s.CLAIM_GROUPS,
      groupMembers: groupMembers(s),
      others: otherClaims(s),
    },
    trustEmail: s.TRUST_EMAIL,
  };
}

function indispensableClaims(s: Settings): string[] {
  const required = s.SIGN_IN_REQUIRE.map(({ claim }) => claim);
  return [
    ...new Set([s.CLAIM_ID, ...otherClaims(s), ...(isFoundByEmail(s) ? [s.CLAIM_EMAIL] : []), ...required]),
  ];
}

function isFoundByEmail(s: Settings): boolean {
  return mappingBy('lookup', 'provision').holds(s);
}

function otherClaims({ USER_CLAIM }: Settings): string[] {
  return USER_CLAIM === undefined ? [] : [USER_CLAIM];
}

/** What the default says stands for all that providers call a group's name. */
function groupMembers({ CLAIM_GROUPS_MEMBER: member }: Settings): string[] {
  return member === 'name' ? ['name', 'displayName', 'id'] : [member];
}

function loginPolicyConfig(s: Settings): LoginPolicyConfig {
  const values = new Map<string, string[]>();
  for (const { claim, value } of s.SIGN_IN_REQUIRE) values.set(claim, [...(values.get(claim) ?? []), value]);
  return {
    required: [...values].map(([claim, oneOf]) => ({ claim, values: oneOf })),
    groupsStrict: s.GROUPS_STRICT,
    namingQlikUser: otherClaims(s),
    emailFinds: isFoundByEmail(s),
  };
}
