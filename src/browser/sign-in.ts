const LAST_SIGN_IN = 'qlik-token:sign-in';
const AT_MOST_EVERY_MS = 60_000;

/**
 * Sends the page to the sign-in, and back. False, and nothing else, when it was sent there in vain within the last
 * minute or when the browser keeps nothing for this site: then the cookie did not stay, and the page would go round in
 * circles.
 */
export function goToSignIn(loginUrl: string): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(LAST_SIGN_IN)) < AT_MOST_EVERY_MS) return false;
    sessionStorage.setItem(LAST_SIGN_IN, String(Date.now()));
  } catch {
    return false;
  }
  location.assign(loginUrl);
  return true;
}

/** The sign-in has worked: the next one may come at any time. */
export function rememberSignedIn(): void {
  try {
    sessionStorage.removeItem(LAST_SIGN_IN);
  } catch {
    // Nothing was kept.
  }
}
