import type { EventQlikUser } from '../../events.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import type { ProblemAnswer } from '../problem.ts';
import { duration } from './duration.ts';
import { escapeHtml, type HtmlPage } from './html-page.ts';
import { nextStep } from './next-steps.ts';
import { forOperators } from './problem-page.ts';
import { problemTexts } from './problem-texts.ts';

/** Whether a token could be had for somebody: never the token itself. */
export type TokenState =
  | { readonly is: 'there'; readonly remainingMs: number }
  | { readonly is: 'refused'; readonly problem: ProblemAnswer['body'] }
  /** None is at hand, and this request was none to ask the tenant for; `mayTry`: one from this page is. */
  | { readonly is: 'not tried'; readonly mayTry: boolean };

export interface SignedInPageOptions {
  readonly user: PortalUser;
  /** Undefined when it is not served here. */
  readonly tenantUrl: string | undefined;
  /** As far as it is known. */
  readonly qlikUser: EventQlikUser | undefined;
  readonly token: TokenState;
  /** Until the session ends when nobody uses it. */
  readonly idleRemainingMs: number;
  /** Until it ends in any case. */
  readonly remainingMs: number;
  /** Where to sign in again; undefined where that is not for us to say. */
  readonly loginUrl: string | undefined;
  readonly logoutUrl: string;
  readonly formTargets: readonly string[];
}

/** Who is signed in, who that is in Qlik Cloud, and whether a token can be had; if not, why, and what to do. No script. */
export function signedInPage(options: SignedInPageOptions): HtmlPage {
  const { user, token, loginUrl } = options;
  const name = user.name ?? user.id;
  return {
    title: `Signed in as ${name}`,
    formTargets: options.formTargets,
    body: `<main class="notice">
<h1>Signed in as ${escapeHtml(name)}</h1>
${verdict(token)}
<section class="card">${list(facts(options))}</section>
<div class="actions">
${token.is === 'not tried' && token.mayTry ? '<a class="button main" href="">Try now</a>' : ''}
${loginUrl === undefined ? '' : `<a class="button" href="${escapeHtml(loginUrl)}">Sign in again</a>`}
<form method="post" action="${escapeHtml(options.logoutUrl)}"><button>Sign out</button></form>
</div>
<p class="quiet">To be somebody else here, sign out first.</p>
</main>`,
  };
}

function verdict(token: TokenState): string {
  switch (token.is) {
    case 'there':
      return '<p>All is well: the portal’s pages get a token for Qlik Cloud.</p>';
    case 'refused':
      return refusal(token.problem);
    case 'not tried':
      return token.mayTry
        ? '<p>Another site led here, so no token for Qlik Cloud was asked for.</p>'
        : '<p>Your browser does not say how you came here, so no token for Qlik Cloud was asked for. Sign in again to try.</p>';
  }
}

function facts({ user, tenantUrl, qlikUser, token, idleRemainingMs, remainingMs }: SignedInPageOptions) {
  return [
    ['User', user.id],
    ['E-mail', user.email],
    ['Tenant', tenantUrl ?? 'none that is served here'],
    ['Qlik user', qlikUserText(qlikUser)],
    ['Token', tokenText(token)],
    ['Session', `ends in ${duration(remainingMs)}, or in ${duration(idleRemainingMs)} if it is not used`],
  ] as const;
}

function qlikUserText(user: EventQlikUser | undefined): string {
  if (!user) return 'not known';
  return 'subject' in user ? `${user.subject} (subject)` : `${user.userId} (id)`;
}

function tokenText(token: TokenState): string {
  switch (token.is) {
    case 'there':
      return `yes, for another ${duration(token.remainingMs)}`;
    case 'refused':
      return 'none';
    case 'not tried':
      return 'not tried';
  }
}

function refusal({ code, title, detail, requestId }: ProblemAnswer['body']): string {
  const { heading, what } = problemTexts[code];
  return `<p class="bad"><strong>There is no token for Qlik Cloud. ${escapeHtml(heading)}.</strong></p>
<p>${escapeHtml(what)}</p>
${forOperators([
  ['Problem', `${title}: ${detail}`],
  ['Code', code],
  ['Number', requestId],
  ['Next step', nextStep(code)],
])}`;
}

function list(rows: readonly (readonly [name: string, value: string | undefined])[]): string {
  const shown = rows.filter(([, value]) => value !== undefined);
  return `<dl>${shown.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value as string)}</dd>`).join('')}</dl>`;
}
