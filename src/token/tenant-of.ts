import type { IsDenied } from '../tenant/deny-list.ts';
import type { TokenClient } from '../tenant/token-client.ts';
import type { TenantIdentity } from './token-key.ts';

/** What the tokens of a tenant's users need of it. */
export interface TokenTenant {
  readonly tokenClient: TokenClient;
  /** Whether a Qlik user must never be impersonated. */
  readonly isDenied: IsDenied;
}

/** The tenant as it is served now. Throws a `TokenError` (`tenant_unavailable`) when it is served no more. */
export type TenantOf = (identity: TenantIdentity) => TokenTenant;
