import type { ProblemAnswer } from '../problem.ts';
import { escapeHtml, type HtmlPage } from './html-page.ts';
import { type ProblemText, problemTexts, setUpText, signInTexts } from './problem-texts.ts';

export interface ProblemPageOptions {
  /** Whether the problem met somebody who signs in: it is told in other words, and tried again from the start. */
  readonly atSignIn: boolean;
  /** Where to sign in; undefined where that is not for us to say. */
  readonly loginUrl: string | undefined;
  /** Where the service, or the portal, begins. */
  readonly startUrl: string;
  /** Where to sign in as somebody else; absent where nobody can be sent anywhere for that. */
  readonly otherAccountUrl?: string | undefined;
  /** Of a sign-in that proved somebody who is not let in: for that person to read. */
  readonly refusedLogin?: RefusedLogin | undefined;
  /** Whether the same address can be opened again: not after a form was sent. */
  readonly mayRepeat: boolean;
}

export interface RefusedLogin {
  /** Name or e-mail, by which people know which of their accounts they have used. */
  readonly account?: string | undefined;
  /** Nobody could be let in: what would tell people apart is missing. */
  readonly notSetUp: boolean;
}

/** What people get instead of a problem's JSON: what went wrong, what they can do, and what an operator will ask for. */
export function problemPage(body: ProblemAnswer['body'], options: ProblemPageOptions): HtmlPage {
  const { title, code, detail, requestId } = body;
  const text = textOf(code, options);
  return {
    title: text.heading,
    body: `<main class="notice">
<h1>${escapeHtml(text.heading)}</h1>
<p>${escapeHtml(text.what)}</p>${account(options.refusedLogin)}
<p>${escapeHtml(text.advice)}</p>
${wayOn(text, options)}
${forOperators([
  ['Problem', `${title}: ${detail}`],
  ['Code', code],
  ['Number', requestId],
])}
</main>`,
  };
}

function textOf(
  code: ProblemAnswer['body']['code'],
  { refusedLogin, atSignIn }: ProblemPageOptions,
): ProblemText {
  if (refusedLogin?.notSetUp) return setUpText;
  return (atSignIn ? signInTexts[code] : undefined) ?? problemTexts[code];
}

/** Isolated: a name from the right to the left must not turn the sentence around. */
function account(refused: RefusedLogin | undefined): string {
  if (refused?.account === undefined) return '';
  return `\n<p>You signed in as <strong><bdi>${escapeHtml(refused.account)}</bdi></strong>.</p>`;
}

/** What somebody who can mend it wants to know. */
export function forOperators(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return `<section class="card"><h2>For whoever runs this</h2><dl>${rows.join('')}</dl></section>`;
}

function wayOn(
  { way }: ProblemText,
  { atSignIn, loginUrl, otherAccountUrl, startUrl, mayRepeat }: ProblemPageOptions,
): string {
  switch (way) {
    case 'start':
      return button(startUrl, 'Go to the start page');
    case 'sign in':
      return button(loginUrl, 'Sign in');
    case 'other account':
      return button(otherAccountUrl, 'Use another account');
    case 'try again':
      if (atSignIn) return button(loginUrl, 'Try again');
      // An empty link leads to the address of the very page that it is on.
      return mayRepeat ? button('', 'Try again') : '';
    default:
      return '';
  }
}

function button(url: string | undefined, label: string): string {
  if (url === undefined) return '';
  return `<p class="actions"><a class="button main" href="${escapeHtml(url)}">${escapeHtml(label)}</a></p>`;
}
