import { element, made } from './dom.ts';
import { note } from './log.ts';
import { pageData } from './page-data.ts';
import { token } from './service.ts';
import { askTenant } from './tenant.ts';
import { alsoKnownAs } from './tenant-log.ts';

interface QlikUser {
  id: string;
  name: string;
  subject: string;
  email?: string;
}

interface Listed<T> {
  data: T[];
}

let userId = '';

/** Asks the tenant who the user is and what the user sees, and shows it. Throws a `Trouble`. */
export async function showFacts(): Promise<void> {
  const me = await askTenant<QlikUser>('/users/me');
  // Somebody else has signed in meanwhile, in another tab: nothing of the one may stand beside the other's.
  if (userId !== '' && me.id !== userId) return location.reload();
  userId = me.id;
  alsoKnownAs(me.subject, me.id);
  fill('qlik-user', me.name);
  fill(
    'qlik-details',
    ...(me.email ? [made('div', made('dd', me.email))] : []),
    pair('subject', me.subject),
    pair('id', me.id),
  );
  const { data: spaces } = await askTenant<Listed<{ name: string }>>('/spaces');
  fill(
    'spaces',
    ...spaces.map(({ name }) => made('li', name)),
    ...(spaces.length === 0 ? [made('li', 'None')] : []),
  );
  note(`Qlik answered: ${me.name}, ${spaces.length} ${spaces.length === 1 ? 'space' : 'spaces'}.`);
}

/** The names of the apps that the user sees, and whether the one with the charts is among them. Throws a `Trouble`. */
export async function findApps(): Promise<{ names: string[]; hasCharts: boolean }> {
  const { data } = await askTenant<Listed<{ name: string; resourceId: string }>>('/items?resourceType=app');
  const hasCharts = data.some(({ resourceId }) => resourceId === pageData.app);
  return { names: data.map(({ name }) => name), hasCharts };
}

/** Shows how long the token lives. */
export function showTokenLife(): void {
  const left = Math.max(token.expiresAt - Date.now(), 0);
  const seconds = Math.round(left / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  fill('token-life', `${hours} h ${minutes} min ${seconds % 60} s`);
  element<HTMLMeterElement>('token-meter').value = left / token.lifetimeMs;
}

/** Content takes the place that was kept for it. */
function fill(id: string, ...content: (Node | string)[]): void {
  const place = element(id);
  place.replaceChildren(...content);
  place.title = content.length === 1 && typeof content[0] === 'string' ? content[0] : '';
  place.hidden = false;
  const card = place.closest('.card') as HTMLElement;
  card.ariaBusy = 'false';
  for (const bones of place.parentElement?.querySelectorAll('.bones') ?? []) bones.remove();
}

function pair(name: string, value: string): HTMLElement {
  return made('div', made('dt', name), ' ', made('dd', value));
}
