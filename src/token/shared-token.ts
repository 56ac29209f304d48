import { hash } from 'node:crypto';
import * as v from 'valibot';
import { isBearerToken, isScope } from '../qlik/oauth/oauth-texts.ts';
import type { QlikIdentity } from '../qlik/resources/users-me.ts';
import type { TokenKey } from './token-key.ts';

/** A token as replicas hand it to each other. */
export interface SharedToken {
  readonly accessToken: string;
  readonly scope: string;
  /** It is renewed when so much of its life is left; its life is that of the record, whatever replicas' clocks say. */
  readonly renewBeforeMs: number;
  /** Whom the tenant takes it for. */
  readonly identity: QlikIdentity;
}

/** The same, as it was read: it says for whom it was minted. */
export interface FoundToken extends SharedToken {
  readonly client: string;
  readonly user: string;
}

const VERSION = 2;

const factsSchema = v.object({
  v: v.literal(VERSION),
  client: v.string(),
  user: v.string(),
  scope: v.custom<string>(isScope),
  renewBeforeMs: v.pipe(v.number(), v.minValue(0)),
  identity: v.object({ id: v.optional(v.string()), subject: v.optional(v.string()) }),
});

/** The text that the store keeps of a key's token: a line that says what it is, and the token. */
export function encodeToken(key: TokenKey, { accessToken, ...facts }: SharedToken): string {
  const whose = { client: clientOf(key), user: userOf(key) };
  return `${JSON.stringify({ v: VERSION, ...whose, ...facts })}\n${accessToken}`;
}

/** The token in such a text; undefined for garbage and other versions. Never throws. */
export function decodeToken(text: string): FoundToken | undefined {
  try {
    const end = text.indexOf('\n');
    const { success, output } = v.safeParse(factsSchema, JSON.parse(text.slice(0, end)));
    if (!success) return undefined;
    const { v: _, ...facts } = output;
    // A slice of the text: one copy of the token serves the store in this process and whoever holds the token.
    const accessToken = text.slice(end + 1);
    return isBearerToken(accessToken) ? { ...facts, accessToken } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is the key's token. */
export function isTokenOf({ client, user }: FoundToken, key: TokenKey): boolean {
  return client === clientOf(key) && user === userOf(key);
}

/** Whether it was minted with the key's client and scope for another Qlik user: the owner is now the key's. */
export function isAnotherUsers({ client, user }: FoundToken, key: TokenKey): boolean {
  return client === clientOf(key) && user !== userOf(key);
}

function clientOf({ owner, tenant }: TokenKey): string {
  return digest([owner, tenant.url, tenant.clientId, tenant.scope]);
}

function userOf({ lookup }: TokenKey): string {
  return digest([lookup.field, lookup.value]);
}

function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
