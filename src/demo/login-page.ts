import { escapeHtml, type HtmlPage } from '../http/pages/html-page.ts';
import type { DemoUser } from './demo-auth.ts';

export interface LoginPageOptions {
  readonly users: readonly DemoUser[];
  /** Already judged safe. */
  readonly returnTo: string;
  /** Path that the form posts to. */
  readonly action: string;
  readonly formTargets: readonly string[];
}

/** The page to pick a demo user from: one button each, no script. */
export function loginPage({ users, returnTo, action, formTargets }: LoginPageOptions): HtmlPage {
  return {
    title: 'Sign in to the demo portal',
    formTargets,
    body: `<main class="narrow">
<h1>Who are you today?</h1>
<p class="quiet">A demo portal: pick a user, no password asked. Your own portal would ask its identity provider here.</p>
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="returnTo" value="${escapeHtml(returnTo)}">
<div class="people">
${users.map(button).join('\n')}
</div>
</form>
</main>`,
  };
}

function button({ id, name, groups }: DemoUser): string {
  const label = name ?? id;
  return `<button class="person" name="user" value="${escapeHtml(id)}">
<span class="badge" aria-hidden="true">${escapeHtml(initials(label))}</span>
<span><strong>${escapeHtml(label)}</strong><small>${escapeHtml(groups?.join(', ') ?? id)}</small></span>
</button>`;
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((word) => [...word][0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
}
