import { callService } from './call-service.ts';
import { LAST_MINUTE_MS, LOOK_IN_EVERY_MS, LOOK_IN_MS, TIMEOUT_MS } from './limits.ts';
import { ofDocument } from './of-document.ts';
import type { Problem } from './problem.ts';
import { goToSignIn, inVain } from './sign-in.ts';

export type { Problem } from './problem.ts';

/** How to reach the service, and what the page does when it cannot have a token. */
export interface TokenProviderOptions {
  /** Address that the service's routes stand beside, such as `https://broker.example/`; default: the page's origin. */
  readonly url?: string;
  /** For one token, with all retries, in milliseconds; default 30000. */
  readonly timeout?: number;
  /**
   * Called once when nobody is signed in any more. When it returns a promise, whoever asks waits for it, and the service
   * is asked again; when that rejects, the next call for a token tries anew. Default: the page goes to `loginUrl`, in
   * vain at most once a minute, and in a frame not at all.
   */
  readonly onSignInRequired?: (loginUrl: string) => void | Promise<void>;
  /**
   * Called when somebody else is signed in than before; whoever asks waits for it, and gets no token then. Default: the
   * page is loaded anew.
   */
  readonly onUserChanged?: () => void | Promise<void>;
  /**
   * Called when there is trouble that did not pass; default: one line on the console, and the
   * window's event `qlik-token-error`, with the problem as its `detail`.
   */
  readonly onError?: (problem: Problem) => void;
}

/**
 * For `getAccessToken` of Qlik's libraries: resolves to the bare token, or to `""` when there is none for now. Never
 * rejects, since they would not ask again.
 */
export type GetAccessToken = () => Promise<string>;

interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in: number;
}

/**
 * The page's tokens. Calls made at once share one request. A call for a token that was handed out and still lives means
 * that Qlik refused it: the service is told. While the page is visible and used, it asks the service every five
 * minutes, which keeps the session alive and notices a sign-out elsewhere.
 */
export function createTokenProvider(options: TokenProviderOptions = {}): GetAccessToken {
  const {
    url = '/',
    timeout = TIMEOUT_MS,
    onUserChanged = () => {
      location.reload();
      return new Promise(() => {}); // nobody goes on with this page
    },
    onError = report,
    onSignInRequired = (loginUrl: string) => goToSignIn(loginUrl, onError),
  } = options;
  const base = new URL(url, location.href);
  const tokenUrl = new URL('qlik-token', base).href;

  let token = '';
  let expiresAt = 0;
  let handedOut = '';
  let user: string | undefined;
  /** Asked of the page since the last token; false when it says nothing of how that goes. */
  let signIn: Promise<boolean> | false | undefined;
  let used = false;
  let pending: Promise<string> | undefined;

  /** The token that lives for at least so long, or none. */
  const living = (atLeastMs: number) => (expiresAt - Date.now() > atLeastMs ? token : '');

  /** Keeps the token, unless it is somebody else's. */
  function keep(answer: TokenAnswer): void | Promise<void> {
    const before = user;
    user = subjectOf(answer.access_token) ?? before;
    signIn = undefined;
    if (before && user !== before) return onUserChanged();
    token = answer.access_token;
    expiresAt = Date.now() + answer.expires_in * 1_000;
  }

  async function ask(
    timeoutMs: number,
    onTrouble: (problem: Problem) => void,
    rejected?: boolean,
    isSecond?: boolean,
  ): Promise<void> {
    const answer = await callService<TokenAnswer>(tokenUrl, 'access_token', timeoutMs, rejected);
    if ('code' in answer && answer.status !== 401) return onTrouble(answer);
    // From here on nothing of the user before may be handed out.
    token = '';
    if (!('code' in answer)) return keep(answer);
    const loginUrl = new URL('login', base);
    loginUrl.searchParams.set('returnTo', location.href);
    signIn ??=
      onSignInRequired(loginUrl.href)?.then?.(
        () => true,
        (error) => {
          signIn = undefined;
          throw error;
        },
      ) ?? false;
    if (await signIn)
      isSecond ? onTrouble(inVain(tokenUrl)) : await ask(timeoutMs, onTrouble, rejected, true);
  }

  /** Sees whether the same user is still signed in; trouble is for those who need a token now. */
  function lookIn(): void {
    if (token && !ofDocument('hidden')) ask(LOOK_IN_MS, () => {}).catch(console.error);
  }

  for (const signOfUse of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'blur'])
    addEventListener(
      signOfUse,
      () => {
        used = true;
      },
      true,
    );
  // The page comes back out of the browser's memory, as it was.
  addEventListener('pageshow', ({ persisted }) => persisted && lookIn());
  setInterval(() => {
    if (used) lookIn();
    used = false;
  }, LOOK_IN_EVERY_MS);

  return () => {
    pending ??= ask(timeout, onError, handedOut !== '' && handedOut === living(LAST_MINUTE_MS))
      .catch(console.error) // of the page's own callbacks
      .then(() => {
        pending = undefined;
        handedOut = living(0);
        return handedOut;
      });
    return pending;
  };
}

/** Writes one line on the console, and tells the page by an event of the window, `qlik-token-error`. */
export function report(detail: Problem): void {
  console.error(`No token for Qlik: ${detail.title} (${detail.code})`);
  dispatchEvent(new CustomEvent('qlik-token-error', { detail }));
}

/** The `sub` of a JWT, to tell users apart; undefined when the token is no JWT. */
function subjectOf(jwt: string): string | undefined {
  try {
    return JSON.parse(atob((jwt.split('.')[1] as string).replace(/-/g, '+').replace(/_/g, '/'))).sub;
  } catch {
    return undefined;
  }
}
