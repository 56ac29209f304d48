import { hash } from 'node:crypto';
import { isBearerToken, isScope } from '../qlik/oauth/oauth-texts.ts';
import { cacheKey, type TokenKey } from './token-key.ts';

/** A token as replicas hand it to each other. */
export interface SharedToken {
  readonly accessToken: string;
  readonly scope: string;
  /** It is renewed when so much of its life is left; its life is that of the record, whatever replicas' clocks say. */
  readonly renewBeforeMs: number;
  /** The token's `sub`, when it could be read. */
  readonly qlikUser?: string | undefined;
}

const VERSION = 1;

/** The text that the store keeps of a key's token: a line that says what it is, and the token. */
export function encodeToken(key: TokenKey, { accessToken, ...facts }: SharedToken): string {
  return `${JSON.stringify({ v: VERSION, for: digestOf(key), ...facts })}\n${accessToken}`;
}

/**
 * The token in such a text; undefined for garbage and other versions, and when it is not the given key's. Never
 * throws.
 */
export function decodeToken(text: string, key?: TokenKey): SharedToken | undefined {
  try {
    const end = text.indexOf('\n');
    const facts = JSON.parse(text.slice(0, end));
    // A slice of the text: one copy of the token serves the store in this process and whoever holds the token.
    const token: SharedToken = { ...facts, accessToken: text.slice(end + 1) };
    const isMeant = facts.v === VERSION && (!key || facts.for === digestOf(key));
    return isMeant && isToken(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function isToken({
  accessToken,
  scope,
  renewBeforeMs,
  qlikUser,
}: { [K in keyof SharedToken]: unknown }): boolean {
  return (
    isBearerToken(accessToken) &&
    isScope(scope) &&
    typeof renewBeforeMs === 'number' &&
    renewBeforeMs >= 0 &&
    (qlikUser === undefined || typeof qlikUser === 'string')
  );
}

function digestOf(key: TokenKey): string {
  return hash('sha256', cacheKey(key), 'base64url');
}
