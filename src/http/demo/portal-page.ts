import { escapeHtml, type Page } from './page.ts';

export interface PortalPageOptions {
  /** Path under which the service's routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
}

/** The demo portal: its script asks the tenant, from the browser and with the user's own token, who the user is. */
export function portalPage({ base, tenantUrl }: PortalPageOptions): Page {
  const tenant = escapeHtml(new URL(tenantUrl).host);
  return {
    title: 'Demo portal',
    script: `${base}/demo-portal.js`,
    connectTo: [tenantUrl],
    body: `<main data-base="${escapeHtml(base)}">
<h1>Demo portal</h1>
<p class="quiet">Everything below was asked from this page, at <strong>${tenant}</strong>, with a token that the service minted for whoever is signed in.</p>
<div class="grid">
<section class="card"><h2>The portal says you are</h2><div class="big" id="portal-user">…</div><dl id="portal-details"></dl></section>
<section class="card"><h2>Qlik says you are</h2><div class="big" id="qlik-user">…</div><dl id="qlik-details"></dl></section>
<section class="card"><h2>Your token lives for</h2><div class="big" id="token-life">…</div><meter id="token-meter" min="0" max="1" value="0"></meter></section>
<section class="card"><h2>Spaces you can see</h2><ul id="spaces"></ul></section>
<section class="card wide"><h2>Try it</h2>
<div class="actions">
<button id="ask">Ask Qlik again</button>
<button id="revoke">Revoke my token at the tenant</button>
<form method="post" action="${escapeHtml(base)}/logout"><button id="sign-out">Sign out</button></form>
</div></section>
<section class="card wide"><h2>What happened</h2><ol id="log" aria-live="polite"></ol></section>
</div>
<noscript><p class="bad">This page needs its script: it asks Qlik from the browser.</p></noscript>
</main>`,
  };
}
