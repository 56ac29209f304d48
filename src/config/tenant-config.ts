import type { KeyObject } from 'node:crypto';
import type { Rate } from '../lib/rate-limiter.ts';
import type { ConfigFile } from './config-file.ts';
import type { Secret } from './secret.ts';

/** An OAuth client, and how it proves who it is (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export type ClientConfig =
  | { readonly id: string; readonly secret: Secret }
  | { readonly id: string; readonly privateKey: KeyObject; readonly keyId: string };

/** How portal users become Qlik users. */
export type MappingConfig =
  | { readonly by: 'subject' }
  | { readonly by: 'claim'; readonly claim: string }
  | { readonly by: 'table'; readonly file: ConfigFile }
  | {
      readonly by: 'lookup' | 'provision';
      readonly managementClient: { readonly id: string; readonly secret: Secret };
      /** How long a user who was found is remembered before the tenant is asked again. */
      readonly rememberMs: number;
    };

/** One tenant of Qlik Cloud, and what the service may do there. */
export interface TenantConfig {
  /** In metrics, logs and admin calls. */
  readonly name: string;
  /** Its origin. */
  readonly url: string;
  /** CA certificates (PEM) to trust besides the usual ones. */
  readonly ca: string | undefined;
  /** The client that impersonates users. */
  readonly client: ClientConfig;
  readonly scope: string;
  readonly mapping: MappingConfig;
  /** Qlik users, by id or subject, that are never impersonated. */
  readonly deny: readonly string[];
  readonly limits: {
    /** Calls at once, of all replicas. */
    readonly concurrency: number;
    /** Calls of Qlik Cloud's tier 2, of all replicas. */
    readonly budget: Rate;
  };
  /** Web origins, besides that of `PUBLIC_URL`, whose pages may call for its users. */
  readonly origins: readonly string[];
}
