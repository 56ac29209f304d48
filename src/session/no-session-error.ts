import { BrokerError } from '../errors.ts';

/**
 * There is no session that counts: none was shown (`session_required`), or it has ended (`session_expired`). The message
 * is safe to show.
 */
export class NoSessionError extends BrokerError<'session_required' | 'session_expired'> {}
