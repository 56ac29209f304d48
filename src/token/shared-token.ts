import { hash } from 'node:crypto';
import * as v from 'valibot';
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

const factsSchema = v.object({
  v: v.literal(VERSION),
  for: v.string(),
  scope: v.custom<string>(isScope),
  renewBeforeMs: v.pipe(v.number(), v.minValue(0)),
  qlikUser: v.optional(v.string()),
});

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
    const { success, output } = v.safeParse(factsSchema, JSON.parse(text.slice(0, end)));
    if (!success || (key && output.for !== digestOf(key))) return undefined;
    const { scope, renewBeforeMs, qlikUser } = output;
    // A slice of the text: one copy of the token serves the store in this process and whoever holds the token.
    const accessToken = text.slice(end + 1);
    return isBearerToken(accessToken) ? { accessToken, scope, renewBeforeMs, qlikUser } : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(key: TokenKey): string {
  return hash('sha256', cacheKey(key), 'base64url');
}
