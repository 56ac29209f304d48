import { SIGN_IN_AT_MOST_EVERY_MS } from './limits.ts';
import type { Problem } from './problem.ts';

const LAST_SIGN_IN = 'qlik-token:sign-in';

/** Sends the page to the sign-in, and back, or says why not. In a frame identity providers refuse to be shown. */
export function goToSignIn(loginUrl: string, onError: (problem: Problem) => void): void {
  if (top !== window)
    onError({ title: 'The sign-in cannot be shown in a frame.', code: 'sign_in_needs_top' });
  else if (isDue()) location.assign(loginUrl);
  else onError(inVain(loginUrl));
}

/**
 * False when the page was sent to the sign-in within the last minute, or when the browser keeps nothing for this site:
 * then the cookie did not stay, and the page would go round in circles.
 */
function isDue(): boolean {
  try {
    if (Date.now() - sessionStorage[LAST_SIGN_IN] < SIGN_IN_AT_MOST_EVERY_MS) return false;
    sessionStorage[LAST_SIGN_IN] = Date.now();
    return true;
  } catch {
    return false;
  }
}

/** Why the sign-in left no session, as far as a page can know; by any address of the service. */
export function inVain(serviceUrl: string): Problem {
  return isOfOwnOrigin(serviceUrl) && navigator.serviceWorker?.controller
    ? {
        title: 'The sign-in left no session: does a service worker answer it, or are cookies blocked?',
        code: 'sign_in_intercepted',
      }
    : { title: 'The sign-in left no session: are cookies blocked?', code: 'sign_in_failed' };
}

/** The sign-in has worked: the next one may come at any time. */
export function rememberSignedIn(): void {
  try {
    delete sessionStorage[LAST_SIGN_IN];
  } catch {
    // Nothing was kept.
  }
}

export const isOfOwnOrigin = (url: string): boolean => new URL(url).origin === origin;
