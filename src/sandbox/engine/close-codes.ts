/** Why the tenant closes a WebSocket of its own accord; the codes that `@qlik/api` knows. */
export const CLOSE = {
  authenticationFailed: 4006,
  noPermission: 4203,
  appNotFound: 4204,
} as const;
