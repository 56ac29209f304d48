/** How long a login with an identity provider may take, from its beginning in the browser to its completion. */
export const LOGIN_LIFETIME_MS = 10 * 60_000;
