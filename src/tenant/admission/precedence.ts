import type { Priority, Ticket } from './ticket.ts';

const RANK: Record<Priority, number> = { user: 0, directory: 1, renewal: 2, revocation: 3 };
/** What part of the budget each may use up: the rest is kept for those in front. */
const BUDGET_SHARE: Record<Priority, number> = { user: 1, directory: 0.75, renewal: 0.75, revocation: 0.5 };

/** Lower goes first. */
export function rankOf({ priority }: Ticket): number {
  return RANK[priority];
}

/** Undefined when the call does not count towards the budget. */
export function shareOf({ priority, budgeted }: Ticket): number | undefined {
  return budgeted ? BUDGET_SHARE[priority] : undefined;
}

/** Nobody waits for a revocation, and it is worth while for as long as the token lives. */
export function waitsForOpening({ priority }: Ticket): boolean {
  return priority === 'revocation';
}

/** Nobody waits for the outcome, so that it can come later. */
export function isDeferrable({ priority }: Ticket): boolean {
  return priority === 'renewal' || priority === 'revocation';
}
