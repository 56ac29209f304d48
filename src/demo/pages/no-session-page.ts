import { escapeHtml, type HtmlPage } from '../../http/pages/html-page.ts';
import { brand, ICON_PATH } from './brand.ts';
import { loginStyle } from './login-style.ts';

/** For somebody who has just signed in, and whose browser did not keep the session's cookie. */
export function noSessionPage(base: string): HtmlPage {
  return {
    title: 'You are not signed in',
    style: loginStyle,
    icon: `${base}${ICON_PATH}`,
    body: `<header class="bar">${brand}</header>
<main>
<h1>You are not signed in</h1>
<p class="lead">No token: The sign-in left no session: are cookies blocked? Allow them for this address, then sign in again.</p>
<p><a href="${escapeHtml(`${base}/login`)}">Sign in again</a></p>
</main>`,
  };
}
