import type { CallRecorder } from './call-log.ts';
import type { ClientAssertions } from './client-assertion.ts';
import type { FaultSource } from './faults.ts';
import type { State } from './state.ts';
import type { TierLimit } from './tier-limit.ts';
import type { Tokens } from './tokens.ts';

/** The parts of the emulated tenant, as its routes get them. */
export interface Tenant {
  /** The tenant's address without a trailing slash; known once it listens. */
  url(): string;
  now(): number;
  state: State;
  tokens: Tokens;
  assertions: ClientAssertions;
  faults: FaultSource;
  calls: CallRecorder;
  /** 1000 a minute by default, for each user. */
  tierOne: TierLimit;
  /** 100 a minute by default, for the whole tenant: minting and provisioning spend one budget. */
  tierTwo: TierLimit;
  /** Fires when the sandbox closes. */
  closing: AbortSignal;
}

/** The sandbox's clock as Qlik writes times: ISO 8601, UTC. */
export function timestamp(tenant: Tenant): string {
  return new Date(tenant.now()).toISOString();
}
