import { escapeHtml, type HtmlPage } from '../http/pages/html-page.ts';

export interface PortalPageOptions {
  /** Path under which the service's routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
}

/** The app of the sandbox tenant, and its charts. */
const APP_ID = '3d2c9e74-8f5d-4aa1-9c43-2e7f90bd5c63';

/**
 * The demo portal. Its charts are Qlik's own `<qlik-embed>`, which the browser helper gives its tokens; its script asks
 * the tenant, from the browser and with the user's own token, who the user is.
 */
export function portalPage({ base, tenantUrl }: PortalPageOptions): HtmlPage {
  const root = escapeHtml(base);
  return {
    title: 'Demo portal',
    tenant: tenantUrl,
    scripts: `<script defer src="${root}/qlik-token.js" data-embed="${root}/demo-embed.js"></script>
<script type="module" src="${root}/demo-portal.js"></script>`,
    body: `<main data-base="${root}" data-app="${APP_ID}">
<header>
<div><h1>Sales, as <span id="portal-user">…</span> may see them</h1>
<p class="quiet">Each chart asked <strong>${escapeHtml(new URL(tenantUrl).host)}</strong> from this page, with a token that the service minted for whoever is signed in.</p></div>
<form method="post" action="${root}/logout"><button id="sign-out">Sign out</button></form>
</header>
<div class="charts" id="charts" hidden>
<section class="card kpi">${chart('total-sales')}</section>
<section class="card">${chart('sales-by-month')}</section>
<section class="card">${chart('sales-by-region')}</section>
</div>
<p class="card" id="no-charts" hidden>This tenant does not have the demo’s app. Apps that this user can see: <span id="apps"></span></p>
<div class="grid">
<section class="card"><h2>Qlik says you are</h2><div class="big" id="qlik-user">…</div><dl id="qlik-details"></dl></section>
<section class="card"><h2>Your token lives for</h2><div class="big" id="token-life">…</div><meter id="token-meter" min="0" max="1" value="0" aria-label="What is left of the token’s life"></meter></section>
<section class="card"><h2>Spaces you can see</h2><ul id="spaces"></ul></section>
<section class="card wide"><h2>Try it</h2>
<div class="actions">
<button id="ask">Ask Qlik again</button>
<button id="revoke">Revoke my token at the tenant</button>
<button id="fail" hidden>Make the tenant fail for ten seconds</button>
</div></section>
<section class="card wide"><h2>What happened</h2><ol id="log" aria-live="polite"></ol></section>
</div>
<noscript><p class="bad">This page needs its script: it asks Qlik from the browser.</p></noscript>
</main>`,
  };
}

function chart(objectId: string): string {
  return `<template><qlik-embed ui="analytics/chart" app-id="${APP_ID}" object-id="${objectId}"></qlik-embed></template>`;
}
