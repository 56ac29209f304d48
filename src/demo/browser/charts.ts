import { begin, type Call } from './calls.ts';
import { element, made, ofClass } from './dom.ts';
import { findApps } from './facts.ts';
import { note } from './log.ts';
import { pageData } from './page-data.ts';
import { loadScript } from './scripts.ts';
import { askService, type QlikConfig } from './service.ts';

let isShown = false;

/**
 * Shows the charts when the user's tenant has their app, and else what apps there are. Only once: from then on the charts
 * look after themselves. Throws a `Trouble`.
 */
export async function showCharts(onCall: (call: Call) => void): Promise<void> {
  if (isShown) return;
  const config = await askService<QlikConfig>('/qlik-config');
  const { names, hasCharts } = await findApps();
  isShown = true;
  note(
    hasCharts
      ? 'The tenant has the demo’s app. Its charts ask for their data by themselves.'
      : 'The tenant does not have the demo’s app.',
  );
  if (hasCharts) void embed(config, onCall);
  else showApps(names);
}

/**
 * Qlik's script is loaded only when the tenant's is there: it asks for the tenant's once, and would wait for ever
 * when that fails.
 */
async function embed({ host, clientId, authType }: QlikConfig, onCall: (call: Call) => void): Promise<void> {
  const runtime = new URL('/qlik-embed/main.js', host);
  const say = (text: string) => {
    for (const waits of document.querySelectorAll('.waits')) waits.textContent = text;
  };
  await loadScript(
    runtime.href,
    {},
    {
      what: 'The charts’ script',
      watched: () => begin('GET', runtime, onCall),
      onFailure: () => say('The charts’ script does not load; the page tries again.'),
    },
  );
  await loadScript(
    `${pageData.base}/demo-embed.js`,
    { host, clientId, authType, getAccessToken: 'getAccessToken' },
    {
      what: 'Qlik’s script',
      watched: () => () => {},
      onFailure: () => say('Qlik’s script does not load; the page tries again.'),
    },
  );
  say('Loading the chart');
  for (const template of document.querySelectorAll('template')) template.replaceWith(template.content);
}

function showApps(names: readonly string[]): void {
  for (const card of document.querySelectorAll<HTMLElement>('.card.chart:not(.kpi)')) card.hidden = true;
  element('no-charts').hidden = false;
  element('apps').replaceChildren(
    ...(names.length > 0 ? names : ['none']).map((name) => ofClass('group', 'li', name)),
  );
  const place = document.querySelector('.kpi .place') as HTMLElement;
  place.replaceChildren(made('h2', 'Apps you can see'), ofClass('big', 'div', String(names.length)));
}
