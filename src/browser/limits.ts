/** Longer than the service ever takes. */
export const ATTEMPT_MS = 10_000;
export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 8_000;
/** For one answer, with all attempts, unless the page says otherwise. */
export const TIMEOUT_MS = 30_000;
export const LAST_MINUTE_MS = 60_000;
export const LOOK_IN_EVERY_MS = 300_000;
export const LOOK_IN_MS = 10_000;
export const SIGN_IN_AT_MOST_EVERY_MS = 60_000;
