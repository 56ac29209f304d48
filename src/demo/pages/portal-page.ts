import { escapeHtml, type HtmlPage } from '../../http/pages/html-page.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import { brand, ICON_PATH } from './brand.ts';
import { initials } from './initials.ts';
import { portalStyle } from './portal-style.ts';

export interface PortalPageOptions {
  /** Path under which the service's routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
  /** Who is signed in. */
  readonly user: PortalUser;
}

/** The app of the sandbox tenant, and its charts. */
const APP_ID = '3d2c9e74-8f5d-4aa1-9c43-2e7f90bd5c63';

/**
 * The demo portal. Its charts are Qlik's own `<qlik-embed>`, which the browser helper gives its tokens; its script asks
 * the tenant, from the browser and with the user's own token, who the user is. Everything has its place from the
 * beginning, so that nothing moves when it comes.
 */
export function portalPage({ base, tenantUrl, user }: PortalPageOptions): HtmlPage {
  const root = escapeHtml(base);
  const name = user.name ?? user.id;
  const groups = user.groups?.join(', ') ?? '';
  const data = { base, app: APP_ID, tenant: new URL(tenantUrl).origin, user: user.id };
  return {
    title: 'Demo portal',
    tenant: tenantUrl,
    style: portalStyle,
    icon: `${base}${ICON_PATH}`,
    scripts: `<script type="module" src="${root}/demo-portal.js"></script>
<script defer src="${root}/qlik-token.js" data-global="getAccessToken"></script>`,
    body: `<header class="bar">${brand}
<span class="badge" aria-hidden="true">${escapeHtml(initials(name))}</span>
<span class="who"><strong>${escapeHtml(name)}</strong><small>${escapeHtml(groups)}</small></span>
<form method="post" action="${root}/logout"><button id="sign-out">Sign out</button></form>
</header>
<main ${Object.entries(data)
      .map(([key, value]) => `data-${key}="${escapeHtml(value)}"`)
      .join(' ')} data-state="waiting">
<div class="intro">
<h1>Sales, as <span id="portal-user">${escapeHtml(name)}</span> may see them</h1>
<p class="state"><span id="state">Asking ${escapeHtml(new URL(tenantUrl).host)} …</span><span id="countdown" aria-hidden="true"></span></p>
</div>
<div class="seen">
${facts()}
${charts()}
<section class="card happened"><h2 id="log-title">What happened</h2><ol id="log" role="log" tabindex="0" aria-labelledby="log-title"></ol></section>
</div>
<div class="behind">
${tryIt(isLoopback(tenantUrl))}
${story(isLoopback(tenantUrl))}
</div>
<noscript><p class="bad">This page needs its script: it asks Qlik from the browser.</p></noscript>
</main>`,
  };
}

function facts(): string {
  return `<section class="card chart kpi"><div class="place">${chart('total-sales')}</div></section>
<section class="card me" aria-busy="true"><h2>Qlik says you are</h2><div class="big" id="qlik-user" hidden></div><dl id="qlik-details" hidden></dl>${bones(3)}</section>
<section class="card spaces" aria-busy="true"><h2>Spaces you can see</h2><ul id="spaces" tabindex="0" aria-label="Spaces you can see" hidden></ul>${bones(3)}</section>`;
}

function charts(): string {
  return `<section class="card chart"><div class="place">${chart('sales-by-month')}</div></section>
<section class="card chart"><div class="place">${chart('sales-by-region')}</div></section>
<section class="card no-charts" id="no-charts" hidden><h2>This tenant does not have the demo’s app</h2>
<p>So there are no charts here. What you see beside and above comes from the tenant all the same, with your own token. Apps that this user can see:</p>
<ul id="apps" class="groups"></ul>
<p class="hint">To see a chart of yours, put its app and object into a <code>&lt;qlik-embed&gt;</code> of your own page; the front-end guide in docs/front-end.md has the lines.</p></section>`;
}

function tryIt(mayFail: boolean): string {
  return `<section class="card try"><div class="life"><h2>Your token lives for</h2><div class="big"><span id="token-life" hidden></span>${bones(1)}</div><meter id="token-meter" min="0" max="1" value="0" aria-label="What is left of the token’s life"></meter></div>
<h2 id="try-title">Try it</h2>
<div class="actions" role="group" aria-labelledby="try-title">
<button id="ask"><span>Ask Qlik again</span><small>With the token that the page has</small></button>
<button id="revoke" disabled><span>Revoke my token at the tenant</span><small>The page gets another, without a reload</small></button>
${mayFail ? '<button id="fail" disabled><span>Make the tenant fail for ten seconds</span><small>What is shown stays; the page asks again</small></button>' : ''}
</div></section>`;
}

function story(seesService: boolean): string {
  return `<section class="card story"><h2 id="story-title">Who asked whom</h2>
<div class="stations" aria-hidden="true"><span id="page-station">Page</span><span id="service-station">Service</span><span id="tenant-station">Tenant</span></div>
<ol id="story" tabindex="0" aria-labelledby="story-title"></ol>
<p class="hint" id="story-hint">${
    seesService
      ? 'Times of the page’s calls are as the page measured them; those of the service’s calls are the tenant’s.'
      : UNSEEN
  }</p></section>`;
}

/** What only the sandbox tells. */
const UNSEEN =
  'These are the page’s own calls. What the service asks of the tenant is in the service’s log and metrics.';

function chart(objectId: string): string {
  return `<div class="placeholder" aria-hidden="true"><span class="bone name"></span><div class="bone plot"><span class="waits">Loading the chart</span></div></div>
<template><qlik-embed ui="analytics/chart" app-id="${APP_ID}" object-id="${objectId}"></qlik-embed></template>`;
}

function bones(count: number): string {
  return `<span class="bones" aria-hidden="true">${'<span class="bone"></span>'.repeat(count)}</span>`;
}

/** Only a sandbox, which runs on the same machine, can be made to fail, and tells whom the service asked. */
function isLoopback(tenantUrl: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(tenantUrl).hostname);
}
