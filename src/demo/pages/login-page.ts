import { escapeHtml, type HtmlPage } from '../../http/pages/html-page.ts';
import type { DemoUser } from '../demo-auth.ts';
import { brand, ICON_PATH } from './brand.ts';
import { initials } from './initials.ts';
import { loginStyle } from './login-style.ts';

export interface LoginPageOptions {
  readonly users: readonly DemoUser[];
  /** Already judged safe. */
  readonly returnTo: string;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly formTargets: readonly string[];
}

/** The page to pick a demo user from: one button each, no script. */
export function loginPage({ users, returnTo, base, formTargets }: LoginPageOptions): HtmlPage {
  return {
    title: 'Sign in to the demo portal',
    style: loginStyle,
    icon: `${base}${ICON_PATH}`,
    formTargets,
    body: `<header class="bar">${brand}</header>
<main>
<h1>Sign in to the demo portal</h1>
<p class="lead">Pick a user; no password is asked. Who they are at Qlik decides which numbers they see, so each of them gets other charts.</p>
<form method="post" action="${escapeHtml(`${base}/login`)}">
<input type="hidden" name="returnTo" value="${escapeHtml(returnTo)}">
<div class="people">
${users.map(button).join('\n')}
</div>
</form>
<p class="hint foot">Sign in as somebody else in a second browser, or a private window, and compare. Your own portal would ask its identity provider here.</p>
</main>`,
  };
}

function button({ id, name, email, groups }: DemoUser): string {
  const label = name ?? id;
  return `<button class="person" name="user" value="${escapeHtml(id)}">
<span class="badge" aria-hidden="true">${escapeHtml(initials(label))}</span>
<span><strong>${escapeHtml(label)}</strong><small>${escapeHtml(email ?? id)}</small>${groupsOf(groups)}</span>
</button>`;
}

/** Nothing when nobody told them: they are unknown then. */
function groupsOf(groups: readonly string[] | undefined): string {
  if (groups === undefined) return '';
  return `<span class="groups">${groups.map(group).join(' ') || 'In no group'}</span>`;
}

function group(name: string): string {
  return `<span class="group">${escapeHtml(name)}</span>`;
}
