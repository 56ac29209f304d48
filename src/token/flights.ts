import type { Clock } from '../lib/clock.ts';
import type { Priority, Ticket } from '../tenant/admission/ticket.ts';
import { TokenError } from '../tenant/token-error.ts';
import type { Background } from './background.ts';
import type { Minting } from './minting.ts';
import { createRefusals } from './refusals.ts';
import type { TenantOf } from './tenant-of.ts';
import type { Token } from './token.ts';
import { cacheKey, type TokenKey } from './token-key.ts';

/** What this process does to get tokens: for a user's generation one thing at a time, which others can join. */
export interface Flights {
  /**
   * The result of what is under way, or is begun now. Somebody who waits goes before a renewal, also when that was first.
   * Rejects as `Minting` does; what the tenant said against a user lately is said again.
   */
  join(key: TokenKey, generation: string, priority: 'user' | 'renewal'): Promise<Token>;
  has(key: TokenKey, generation: string): boolean;
}

export interface FlightsDeps {
  readonly minting: Minting;
  readonly tenantOf: TenantOf;
  readonly clock: Clock;
  readonly background: Background;
  /** How long each may wait in the tenant's queue. */
  readonly deadlineMs: Readonly<Record<'user' | 'renewal', number>>;
  /** Told of each token. */
  readonly onToken: (key: TokenKey, token: Token) => void;
}

interface Flight {
  readonly result: Promise<Token>;
  readonly ticket: Ticket;
}

export function createFlights(deps: FlightsDeps): Flights {
  const { minting, tenantOf, clock, background, deadlineMs, onToken } = deps;
  const flights = new Map<string, Flight>();
  const refusals = createRefusals(clock.now);

  function launch(id: string, key: TokenKey, generation: string, priority: Priority): Flight {
    const deadline = clock.now() + (priority === 'user' ? deadlineMs.user : deadlineMs.renewal);
    const ticket: Ticket = { priority, budgeted: true, decisive: true, deadline };
    const flight: Flight = { ticket, result: land() };
    flights.set(id, flight);
    background.add(flight.result.catch(() => {}));
    return flight;

    async function land(): Promise<Token> {
      try {
        const token = await minting.token({ key, generation, ticket });
        onToken(key, token);
        return token;
      } catch (error) {
        if (error instanceof TokenError && error.permanent) refusals.remember(id, error);
        throw error;
      } finally {
        flights.delete(id);
      }
    }
  }

  return {
    async join(key, generation, priority) {
      const id = flightKey(key, generation);
      const refusal = priority === 'user' ? refusals.find(id) : undefined;
      if (refusal) throw refusal;
      const flight = flights.get(id) ?? launch(id, key, generation, priority);
      if (priority === 'user') tenantOf(key.tenant).tokenClient.promote(flight.ticket);
      return flight.result;
    },

    has: (key, generation) => flights.has(flightKey(key, generation)),
  };
}

/** What was refused, or is under way, for one generation says nothing of the next. */
function flightKey(key: TokenKey, generation: string): string {
  return `${generation} ${cacheKey(key)}`;
}
