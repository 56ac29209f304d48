import type { Priority } from '../tenant/admission/ticket.ts';
import type { Verdict } from '../tenant/token-client.ts';
import type { TokenKey, TokenOwner } from './token-key.ts';

/** What the token service did, for logs and metrics. Holds nothing secret. */
export type TokenEvent =
  | { type: 'minted'; subject: TokenKey; priority: Priority; durationMs: number }
  | { type: 'mint_failed'; subject: TokenKey; priority: Priority; durationMs: number; error: unknown }
  | { type: 'rejection_judged'; subject: TokenKey; verdict: Verdict }
  | { type: 'revoked'; subject: TokenOwner | TokenKey; done: boolean };
