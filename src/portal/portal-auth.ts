import { BrokerError, type BrokerErrorOptions } from '../errors.ts';
import type { PortalUser } from './portal-user.ts';

/**
 * Tells who is signed in at the portal. Each mode has evidence of its own, collected by that mode's routes: what was
 * picked on the demo page, an identity provider's callback, a gateway's headers, an assertion that the portal
 * signed. The mode alone judges it; the routes then open the session.
 */
export interface PortalAuth<Evidence> {
  /** The user that the evidence proves. Rejects with a `LoginRefusedError` when it proves nobody, or somebody who may not sign in. */
  authenticate(evidence: Evidence): Promise<PortalUser>;
}

/** Which claim or header a sign-in was refused for. Names, never values: the log shows them. */
export interface LoginTrouble {
  /** The one that is missing, or that does not say what it must. */
  readonly claim: string;
  /** Why it was not understood, if that is it. */
  readonly why?: string;
  /** Those that came, when one is missing without which nobody can be told apart: the sign-in is not set up correctly. */
  readonly told?: readonly string[];
}

export interface LoginRefusedOptions extends BrokerErrorOptions {
  readonly details?: LoginTrouble | undefined;
  readonly user?: PortalUser | undefined;
}

/**
 * Nobody is signed in. The evidence is wrong (`bad_request`, `assertion_invalid`), there is none (`session_required`), the
 * user may not sign in (`sign_in_not_allowed`), or nothing says which Qlik user it is (`user_not_mapped`). The message is
 * safe to show.
 */
export class LoginRefusedError extends BrokerError<
  'bad_request' | 'session_required' | 'assertion_invalid' | 'sign_in_not_allowed' | 'user_not_mapped'
> {
  declare readonly details: LoginTrouble | undefined;
  /** Who it is, where that is proven: for that person to read, and by the id for the log. */
  readonly user: PortalUser | undefined;

  constructor(code: LoginRefusedError['code'], message: string, options: LoginRefusedOptions = {}) {
    super(code, message, options);
    this.user = options.user;
  }
}
