import { type Clock, wallAheadMs } from '../lib/clock.ts';
import type { QlikIdentity } from '../qlik/resources/users-me.ts';
import type { Advance, Advanced, RecordStore } from '../store/record-store.ts';
import { isPermitted } from './identification.ts';
import { decodeToken, encodeToken, isAnotherUsers, isTokenOf, type SharedToken } from './shared-token.ts';
import type { TenantOf } from './tenant-of.ts';
import { type Token, tokenUntil } from './token.ts';
import type { TokenKey } from './token-key.ts';

/**
 * Where replicas share the tokens: one for each owner, under the owner's generation. Whatever changes who may have it
 * (the last sign-out, the tenant's refusal, an operator) begins a new generation; what belongs to an earlier one is as
 * good as missing, and so is what cannot be understood. Each call can reject with a `StoreUnavailableError`.
 */
export interface TokenShare {
  /**
   * The owner's generation now, and the key's token if there is one. `isAnothers`: the token that is shared is that of
   * another Qlik user, who the owner no longer is.
   */
  read(key: TokenKey): Promise<{ generation: string; token: Token | undefined; isAnothers: boolean }>;
  /** The last thing of `read` alone. */
  isAnothers(key: TokenKey): Promise<boolean>;
  /** Shares a token, under its generation: the token as it is kept, or undefined when there is another generation by now. */
  keep(key: TokenKey, token: Token, identity: QlikIdentity): Promise<Token | undefined>;
  /** Begins a new generation for the owner; tells that and which token was shared until then. */
  end(owner: string): Promise<EndedShare>;
  /** What the store is to be told so that it does the same with the last session of the owner. */
  ending(owner: string): Advance;
  /** What the store says then. */
  ended(advanced: Advanced): EndedShare;
  /** Begins a new generation for every owner. */
  endAll(): Promise<void>;
}

/** A generation that has begun, and the token that was shared before. */
export interface EndedShare {
  readonly generation: string;
  readonly accessToken: string | undefined;
}

export interface TokenShareDeps {
  readonly store: RecordStore;
  /** The partition of records whose generation is that of the owner's tokens. */
  readonly partitionOf: (owner: string) => string;
  /** Asked whom nobody may impersonate: who wrote the token may not have known. */
  readonly tenantOf: TenantOf;
  readonly clock: Clock;
}

/** Longer than a token may live: nothing of an earlier generation outlives the memory that it was one. */
const GENERATION_MS = 25 * 3_600_000;

export function createTokenShare({ store, partitionOf, tenantOf, clock }: TokenShareDeps): TokenShare {
  function ending(owner: string): Advance {
    return { dependent: recordKey(owner), forMs: GENERATION_MS };
  }

  function ended({ generation, value }: Advanced): EndedShare {
    return { generation, accessToken: value === undefined ? undefined : decodeToken(value)?.accessToken };
  }

  return {
    async read(key) {
      const askedAt = clock.now();
      const record = await store.peek(recordKey(key.owner));
      if (!record) {
        const generation = await store.generation(partitionOf(key.owner));
        return { generation, token: undefined, isAnothers: false };
      }
      const { value, generation, remainingMs } = record;
      const found = decodeToken(value);
      const isGood =
        found && isTokenOf(found, key) && isPermitted(found.identity, key, tenantOf(key.tenant).isDenied);
      return {
        generation,
        token: isGood ? toToken(found, askedAt + remainingMs, generation, wallAheadMs(clock)) : undefined,
        isAnothers: found !== undefined && isAnotherUsers(found, key),
      };
    },

    async isAnothers(key) {
      const record = await store.peek(recordKey(key.owner));
      const found = record && decodeToken(record.value);
      return found !== undefined && isAnotherUsers(found, key);
    },

    async keep(key, { accessToken, scope, generation, expiresAt, renewAt }, identity) {
      const shared = { accessToken, scope, renewBeforeMs: expiresAt - renewAt, identity };
      const value = encodeToken(key, shared);
      const lifetimeMs = Math.floor(expiresAt - clock.now());
      const partition = partitionOf(key.owner);
      const kept = await store.put(recordKey(key.owner), value, { lifetimeMs, partition, generation });
      return kept
        ? toToken(decodeToken(value) ?? shared, expiresAt, generation, wallAheadMs(clock))
        : undefined;
    },

    end: async (owner) => ended(await store.advance(partitionOf(owner), ending(owner))),
    ending,
    ended,

    endAll: () => store.advanceAll(GENERATION_MS),
  };
}

function toToken(
  { accessToken, scope, renewBeforeMs }: SharedToken,
  expiresAt: number,
  generation: string,
  wallAhead: number,
): Token {
  return tokenUntil(expiresAt, { accessToken, scope, generation }, renewBeforeMs, wallAhead);
}

/** Shares the hash tag of the owner's other records. */
function recordKey(owner: string): string {
  return `{${owner}}:token`;
}
