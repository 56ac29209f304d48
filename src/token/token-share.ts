import type { RecordStore } from '../store/record-store.ts';
import { decodeToken, encodeToken, type SharedToken } from './shared-token.ts';
import type { TenantOf } from './tenant-of.ts';
import { type Token, tokenUntil } from './token.ts';
import type { TokenKey } from './token-key.ts';

/**
 * Where replicas share the tokens: one for each owner, under the owner's generation. Whatever changes who may have it
 * (the last sign-out, the tenant's refusal, an operator) begins a new generation; what belongs to an earlier one is as
 * good as missing, and so is what cannot be understood. Each call can reject with a `StoreUnavailableError`.
 */
export interface TokenShare {
  /** The owner's generation now, and the key's token if there is one. */
  read(key: TokenKey): Promise<{ generation: string; token: Token | undefined }>;
  /** Shares a token, under its generation: the token as it is kept, or undefined when there is another generation by now. */
  keep(key: TokenKey, token: Token, qlikUser: string | undefined): Promise<Token | undefined>;
  /** Begins a new generation for the owner; tells that and which token was shared until then. */
  end(owner: string): Promise<{ generation: string; accessToken: string | undefined }>;
  /** Begins a new generation for every owner. */
  endAll(): Promise<void>;
}

export interface TokenShareDeps {
  readonly store: RecordStore;
  /** The partition of records whose generation is that of the owner's tokens. */
  readonly partitionOf: (owner: string) => string;
  /** Asked whom nobody may impersonate: who wrote the token may not have known. */
  readonly tenantOf: TenantOf;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Longer than a token may live: nothing of an earlier generation outlives the memory that it was one. */
const GENERATION_MS = 25 * 3_600_000;

export function createTokenShare({ store, partitionOf, tenantOf, now }: TokenShareDeps): TokenShare {
  return {
    async read(key) {
      const askedAt = now();
      const record = await store.peek(recordKey(key.owner));
      if (!record) return { generation: await store.generation(partitionOf(key.owner)), token: undefined };
      const { value, generation, remainingMs } = record;
      const shared = decodeToken(value, key);
      const isGood = shared && !tenantOf(key.tenant).isDenied(shared.qlikUser ?? '');
      return { generation, token: isGood ? toToken(shared, askedAt + remainingMs, generation) : undefined };
    },

    async keep(key, { accessToken, scope, generation, expiresAt, renewAt }, qlikUser) {
      const shared = { accessToken, scope, renewBeforeMs: expiresAt - renewAt, qlikUser };
      const value = encodeToken(key, shared);
      const lifetimeMs = Math.floor(expiresAt - now());
      const partition = partitionOf(key.owner);
      const kept = await store.put(recordKey(key.owner), value, { lifetimeMs, partition, generation });
      return kept ? toToken(decodeToken(value) ?? shared, expiresAt, generation) : undefined;
    },

    async end(owner) {
      const record = await store.peek(recordKey(owner));
      const generation = await store.advance(partitionOf(owner), GENERATION_MS);
      return { generation, accessToken: record && decodeToken(record.value)?.accessToken };
    },

    endAll: () => store.advanceAll(GENERATION_MS),
  };
}

function toToken(
  { accessToken, scope, renewBeforeMs }: SharedToken,
  expiresAt: number,
  generation: string,
): Token {
  return tokenUntil(expiresAt, { accessToken, scope, generation }, renewBeforeMs);
}

/** Shares the hash tag of the owner's other records. */
function recordKey(owner: string): string {
  return `{${owner}}:token`;
}
