import { BrokerError } from '../errors.ts';
import type { PortalUser } from './portal-user.ts';

/**
 * Tells who is signed in at the portal. Each mode has evidence of its own, collected by that mode's routes: what was
 * picked on the demo page, an identity provider's callback, a gateway's headers, an assertion that the portal
 * signed. The mode alone judges it; the routes then open the session.
 */
export interface PortalAuth<Evidence> {
  /** The user that the evidence proves. Rejects with a `LoginRefusedError` when it proves nobody. */
  authenticate(evidence: Evidence): Promise<PortalUser>;
}

/**
 * The evidence proves nobody: it is wrong (`bad_request`, `assertion_invalid`), or there is none (`session_required`).
 * The message is safe to show.
 */
export class LoginRefusedError extends BrokerError<
  'bad_request' | 'session_required' | 'assertion_invalid'
> {}
