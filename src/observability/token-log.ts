import type { TokenEvent } from '../token/token-event.ts';
import type { Log } from './log.ts';

const ACCEPTED_BY_TENANT =
  'a page says that Qlik rejected its token, but the tenant takes it: do the allowed origins of the OAuth client include those of the portal’s pages?';

/** Writes what happened to tokens; users appear by the look-up that the tenant gets. */
export function logTokenEvent(log: Log, event: TokenEvent, ownOrigin: string): void {
  const { tenant } = event.subject;
  const lookup = 'lookup' in event.subject ? event.subject.lookup : undefined;
  const facts = { tenant: tenant.url, ...(lookup && { [lookup.field]: lookup.value }) };
  switch (event.type) {
    case 'minted':
      log.info({ ...facts, priority: event.priority, ms: event.durationMs }, 'token minted');
      break;
    case 'mint_failed':
      log.warn(
        { ...facts, priority: event.priority, ms: event.durationMs, err: event.error },
        'no token minted',
      );
      break;
    case 'revoked':
      if (event.done) log.info(facts, 'token revoked');
      else log.warn(facts, 'token could not be revoked');
      break;
    case 'rejection_judged':
      if (event.verdict === 'accepted')
        log.warn({ ...facts, clientId: tenant.clientId, ownOrigin }, ACCEPTED_BY_TENANT);
      else if (event.verdict === 'refused') log.info(facts, 'the tenant refuses the token; it is replaced');
      else log.info(facts, 'the tenant does not say whether it takes the token; it stays');
  }
}
