import type { Clock } from '../lib/clock.ts';
import type { Priority, Ticket } from '../tenant/admission/ticket.ts';
import type { TokenClient } from '../tenant/token-client.ts';
import { TokenError } from '../tenant/token-error.ts';
import type { Background } from './background.ts';
import type { Minting } from './minting.ts';
import { createRefusals } from './refusals.ts';
import type { Token } from './token.ts';
import { cacheKey, type Tenant, type TokenKey } from './token-key.ts';

/** What this process does to get tokens: for a user's generation one thing at a time, which others can join. */
export interface Flights {
  /**
   * The result of what is under way, or is begun now. Somebody who waits goes before a renewal, also when that was first.
   * Rejects as `Minting` does; what the tenant said against a user lately is said again.
   */
  join(subject: TokenKey, generation: string, priority: 'user' | 'renewal'): Promise<Token>;
  has(subject: TokenKey, generation: string): boolean;
}

export interface FlightsDeps {
  readonly minting: Minting;
  readonly tokenClientOf: (tenant: Tenant) => TokenClient;
  readonly clock: Clock;
  readonly background: Background;
  /** How long each may wait for its turn at the tenant. */
  readonly deadlineMs: Readonly<Record<'user' | 'renewal', number>>;
  /** Told of each token. */
  readonly onToken: (subject: TokenKey, token: Token) => void;
}

interface Flight {
  readonly result: Promise<Token>;
  readonly ticket: Ticket;
}

export function createFlights(deps: FlightsDeps): Flights {
  const { minting, tokenClientOf, clock, background, deadlineMs, onToken } = deps;
  const flights = new Map<string, Flight>();
  const refusals = createRefusals(clock.now);

  function launch(key: string, subject: TokenKey, generation: string, priority: Priority): Flight {
    const deadline = clock.now() + (priority === 'user' ? deadlineMs.user : deadlineMs.renewal);
    const ticket: Ticket = { priority, budgeted: true, decisive: true, deadline };
    const flight: Flight = { ticket, result: land() };
    flights.set(key, flight);
    background.add(flight.result.catch(() => {}));
    return flight;

    async function land(): Promise<Token> {
      try {
        const token = await minting.token({ subject, generation, ticket });
        onToken(subject, token);
        return token;
      } catch (error) {
        if (error instanceof TokenError && error.permanent) refusals.remember(key, error);
        throw error;
      } finally {
        flights.delete(key);
      }
    }
  }

  return {
    async join(subject, generation, priority) {
      const key = flightKey(subject, generation);
      const refusal = priority === 'user' ? refusals.find(key) : undefined;
      if (refusal) throw refusal;
      const flight = flights.get(key) ?? launch(key, subject, generation, priority);
      if (priority === 'user') tokenClientOf(subject.tenant).promote(flight.ticket);
      return flight.result;
    },

    has: (subject, generation) => flights.has(flightKey(subject, generation)),
  };
}

/** What was refused, or is under way, for one generation says nothing of the next. */
function flightKey(subject: TokenKey, generation: string): string {
  return `${generation} ${cacheKey(subject)}`;
}
