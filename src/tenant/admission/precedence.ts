import type { Priority, Ticket } from './ticket.ts';

const RANK: Record<Priority, number> = { user: 0, directory: 1, renewal: 2, judgement: 3, revocation: 4 };
/** What part of the budget each may use up: the rest is kept for those in front. */
const BUDGET_SHARE: Record<Priority, number> = {
  user: 1,
  directory: 0.75,
  renewal: 0.75,
  judgement: 0.75,
  revocation: 0.5,
};
/** What part of the permits those may hold who come after mints: pages and sign-outs can cause as many as they like. */
const LAST_SHARE = 0.25;

/** Lower goes first. */
export function rankOf({ priority }: Ticket): number {
  return RANK[priority];
}

/** Of users for whom nothing was minted yet: strangers to the tenant, however many, leave something to the others. */
const NEWCOMERS_SHARE = 0.9;

/** Undefined when the call does not count towards the budget. */
export function shareOf({ priority, budgeted, isNewcomer }: Ticket): number | undefined {
  if (!budgeted) return undefined;
  return isNewcomer && priority === 'user' ? NEWCOMERS_SHARE : BUDGET_SHARE[priority];
}

/** What part of the permits calls like this one may hold together. */
export function permitShareOf({ priority }: Ticket): number {
  return priority === 'judgement' || priority === 'revocation' ? LAST_SHARE : 1;
}

/** Nobody waits for a revocation, and it is worth while for as long as the token lives. */
export function waitsForOpening({ priority }: Ticket): boolean {
  return priority === 'revocation';
}

/** Nobody waits for the outcome, so that it can come later. */
export function isDeferrable({ priority }: Ticket): boolean {
  return priority === 'renewal' || priority === 'revocation';
}
