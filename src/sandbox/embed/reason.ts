/** What is known of the errors that `@qlik/api` throws, of its several kinds. */
interface Trouble {
  /** Of the engine: 2 is "not found". */
  code?: number;
  /** Of `AuthorizationError`: what `/oauth/token` answered. */
  errors?: unknown[];
  /** Of a session that could not be resumed. */
  cause?: unknown;
  /** The WebSocket's close event, with the code. */
  original?: { code?: number };
}

const OBJECT_NOT_FOUND = 2;
const ACCESS_DENIED = 5;
const AUTHENTICATION_FAILED = 4006;
const NO_PERMISSION = 4203;
const APP_NOT_FOUND = 4204;

/** Why a chart cannot be shown, for its reader. */
export function reasonOf(error: unknown): string {
  const { code, errors, cause, original } = error as Trouble;
  if (errors || cause === 'unauthorized' || original?.code === AUTHENTICATION_FAILED)
    return 'Qlik did not accept the sign-in.';
  if (code === OBJECT_NOT_FOUND) return 'The app has no such chart.';
  if (code === ACCESS_DENIED || original?.code === NO_PERMISSION) return 'You have no access to its data.';
  if (original?.code === APP_NOT_FOUND) return 'There is no such app.';
  return 'Qlik cannot be reached.';
}

/** Whether trying again soon cannot help. */
export function isFinal(error: unknown): boolean {
  const { code, original } = error as Trouble;
  return (
    code === OBJECT_NOT_FOUND ||
    code === ACCESS_DENIED ||
    original?.code === NO_PERMISSION ||
    original?.code === APP_NOT_FOUND
  );
}
