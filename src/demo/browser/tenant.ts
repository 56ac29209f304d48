import { note } from './log.ts';
import { pageData } from './page-data.ts';
import { fetchToken, token } from './service.ts';
import { retryAfterMs, Trouble } from './trouble.ts';

const AWAY = 'Qlik does not answer at the moment. Your token is safe;';

/**
 * Asks the tenant, with the token; once more with a fresh one when the tenant refuses it. Throws a `Trouble`.
 */
export async function askTenant<T>(path: string): Promise<T> {
  for (const lastTry of [false, true]) {
    const response = await fetch(`${pageData.tenant}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token.value}` },
    }).catch(() => {
      throw new Trouble('Qlik cannot be reached from this page', AWAY);
    });
    if (response.ok)
      return response.json().catch(() => {
        throw new Trouble('Qlik’s answer was cut off', AWAY);
      }) as Promise<T>;
    if (response.status !== 401 || lastTry) throw troubleOf(response);
    note('The tenant refused the token (401). The page tells the service so.');
    await fetchToken(true);
  }
  throw new Error('unreachable');
}

function troubleOf(response: Response): Trouble {
  const { status } = response;
  const message = `Qlik answered ${status}`;
  // The service asks the tenant about a user's token only now and then: asking again helps there, too.
  if (status === 401)
    return new Trouble(message, 'Qlik does not take your token at the moment;', {
      passed: 'Qlik takes the token again.',
    });
  const mayPass = status === 429 || status >= 500;
  return new Trouble(message, mayPass ? AWAY : `${message}: there is nothing to see for you here.`, {
    mayPass,
    afterMs: retryAfterMs(response),
  });
}
