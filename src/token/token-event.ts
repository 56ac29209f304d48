import type { Priority } from '../tenant/admission/ticket.ts';
import type { Verdict } from '../tenant/token-client.ts';
import type { TokenOwner, TokenSubject } from './token-key.ts';

/** What the token service did, for logs and metrics. Holds nothing secret. */
export type TokenEvent =
  | { type: 'minted'; subject: TokenSubject; priority: Priority; durationMs: number }
  | { type: 'mint_failed'; subject: TokenSubject; priority: Priority; durationMs: number; error: unknown }
  | { type: 'rejection_judged'; subject: TokenSubject; verdict: Verdict }
  | { type: 'revoked'; subject: TokenOwner | TokenSubject; done: boolean };
