import { httpError } from './errors.ts';
import type { Client, User } from './model.ts';
import type { Tenant } from './tenant.ts';
import type { TokenPurpose, VerifiedToken } from './tokens.ts';

/** Who calls an API: the user of the bearer token, and the client that the token was issued to. */
export interface Caller {
  user: User;
  client: Client;
  token: VerifiedToken;
}

/**
 * The caller that an `Authorization: Bearer` header proves, else a 401. The token of a user or client that was
 * deleted, or of a user that was disabled, is refused too: what Qlik does then is undocumented, and a 401 makes
 * the holder ask for another token and so learn the reason.
 */
export async function authenticateCaller(tenant: Tenant, authorization: string | undefined): Promise<Caller> {
  const bearer = bearerOf(authorization);
  const caller = bearer === undefined ? undefined : await callerOfToken(tenant, bearer);
  if (!caller) throw httpError(401);
  return caller;
}

/** Whom the bearer token was issued for, also when it lives no more; undefined for a forged one, or none. */
export async function subjectOf(
  tenant: Tenant,
  authorization: string | undefined,
): Promise<string | undefined> {
  const bearer = bearerOf(authorization);
  const id = bearer === undefined ? undefined : await tenant.tokens.userOf(bearer);
  return id === undefined ? undefined : tenant.state.users.get(id)?.subject;
}

/** The token in an `Authorization: Bearer` header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
}

/** The caller that a token for this purpose proves; undefined when it proves none. */
export async function callerOfToken(
  tenant: Tenant,
  token: string,
  purpose?: TokenPurpose,
): Promise<Caller | undefined> {
  const verified = await tenant.tokens.verify(token, purpose);
  return verified && currentCaller(tenant, verified);
}

/** Who a verified token stands for now; undefined when the user or the client has gone or is disabled since. */
export function currentCaller(tenant: Tenant, token: VerifiedToken): Caller | undefined {
  const user = tenant.state.users.get(token.userId);
  const client = tenant.state.clients.get(token.clientId);
  return user && client && user.status !== 'disabled' ? { user, client, token } : undefined;
}

/** Whether the caller acts as an administrator: a TenantAdmin whose token carries one of the scopes. */
export function isAdmin(caller: Caller, ...scopes: string[]): boolean {
  const accepted = ['admin_classic', ...scopes];
  return caller.user.roles.includes('TenantAdmin') && caller.token.scopes.some((s) => accepted.includes(s));
}

/** Throws a 403 unless the caller acts as an administrator. */
export function requireAdmin(caller: Caller, ...scopes: string[]): void {
  if (!isAdmin(caller, ...scopes)) throw httpError(403);
}
