/** The demo portal's script: shows who Qlik takes the page's user for, and lets the user try what happens to tokens. */
import { type Call, watchCalls } from './calls.ts';
import { showCharts } from './charts.ts';
import { element } from './dom.ts';
import { showFacts, showTokenLife } from './facts.ts';
import { note } from './log.ts';
import { createPatience } from './patience.ts';
import { fetchToken, token } from './service.ts';
import { tell } from './story.ts';
import { followService, openTenantLog } from './tenant-log.ts';
import { allowTrying, listenToButtons } from './try-it.ts';

function onCall(call: Call): void {
  tell(call);
  followService(call);
}

watchCalls(onCall);

addEventListener('qlik-token-error', (event) => {
  const { title, code } = (event as CustomEvent<{ title: string; code: string }>).detail;
  note(`No token: ${title} (${code})`);
});

const refresh = createPatience(async () => {
  if (token.value === '') await fetchToken();
  showTokenLife();
  allowTrying();
  await showCharts(onCall);
  await showFacts();
});

// Only a demo with a sandbox has that button.
const mayFail = element('fail') !== null;
if (mayFail && !(await openTenantLog())) element('fail').hidden = true;
listenToButtons(refresh);
setInterval(() => token.value !== '' && showTokenLife(), 1_000);
// A page that the browser kept may be somebody's who has signed out since.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
void refresh();
