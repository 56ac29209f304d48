import { element } from './dom.ts';
import { note } from './log.ts';
import { pageData } from './page-data.ts';
import { token } from './service.ts';

const FAILURE_MS = 10_000;

/** Has the buttons do what they say; `refresh` asks Qlik for all that the page shows. */
export function listenToButtons(refresh: () => Promise<void>): void {
  onClick('ask', async () => {
    void refresh();
  });

  onClick('revoke', async () => {
    await post('/oauth/revoke', { token: token.value });
    note('The token is revoked at the tenant. The page does not know and goes on with it.');
    void refresh();
  });

  onClick('fail', async (hint) => {
    await post('/sandbox/faults', { match: {}, forMs: FAILURE_MS, effect: { type: 'status', status: 503 } });
    note('For ten seconds the tenant answers 503 to everything.');
    void refresh();
    const end = Date.now() + FAILURE_MS;
    const said = hint.textContent;
    for (let left = FAILURE_MS; left > 0; left = end - Date.now()) {
      hint.textContent = `It fails for ${Math.ceil(left / 1_000)} s more`;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 250)));
    }
    hint.textContent = said;
  });
}

/** What can be tried with a token, now that there is one. */
export function allowTrying(): void {
  for (const id of ['revoke', 'fail']) element<HTMLButtonElement>(id)?.removeAttribute('disabled');
}

/** A button that can be pressed again when what it does is done. */
function onClick(id: string, action: (hint: HTMLElement) => Promise<void>): void {
  const button = element<HTMLButtonElement>(id);
  button?.addEventListener('click', async () => {
    if (button.ariaDisabled === 'true') return;
    // Not `disabled`, which would take the focus away.
    button.ariaDisabled = 'true';
    try {
      await action(button.querySelector('small') as HTMLElement);
    } catch (error) {
      note(`It did not work: ${(error as Error).message}.`);
    } finally {
      button.ariaDisabled = 'false';
    }
  });
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(pageData.tenant + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(path.startsWith('/sandbox/') && { 'x-sandbox': '1' }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the tenant answered ${response.status}`);
}
