import type { Call, Station } from './calls.ts';
import { addTo, element, ofClass, timeOf } from './dom.ts';

const MOST = 60;
const AUTHENTICATION_FAILED = 4006;

const rows = new Map<Call, HTMLElement>();
/** How many calls each station has before it. */
const pending: Record<Station, number> = { page: 0, service: 0, tenant: 0 };

/** Draws a call where its time is, or how it ended. */
export function tell(call: Call): void {
  const known = rows.get(call);
  if (known) known.replaceChildren(...contentOf(call));
  const row = known ?? ofClass('', 'li', ...contentOf(call));
  row.className = `from-${call.from} to-${call.to} ${outcomeOf(call)}`;
  showPending(call, known !== undefined);
  if (known) return;
  rows.set(call, row);
  const after = [...rows].filter(([other]) => other.startedAt > call.startedAt).map(([, other]) => other);
  const list = element('story');
  const next = [...list.children].find((child) => after.includes(child as HTMLElement)) ?? null;
  addTo(list, row, MOST, next);
  for (const [each, { isConnected }] of rows) if (!isConnected) rows.delete(each);
}

/** What a call was for shows when it is over. */
export function rename(call: Call, what: string): void {
  rows.get(call)?.querySelector('b')?.replaceChildren(what);
}

function contentOf(call: Call): Node[] {
  const { what, request, startedAt } = call;
  const name = { page: 'The page', service: 'The service', tenant: 'The tenant' }[call.from];
  const whom = { page: 'the page', service: 'the service', tenant: 'the tenant' }[call.to];
  const wire = ofClass('wire', 'div', ofClass('line', 'span'));
  wire.ariaHidden = 'true';
  return [
    ofClass('when', 'span', timeOf(startedAt), ofClass('answer', 'span', answerOf(call))),
    ofClass('what', 'span', ofClass('hidden', 'span', `${name} to ${whom}: `), bold(what), code(request)),
    wire,
  ];
}

function answerOf({ answer, tookMs }: Call): string {
  if (answer === undefined) return 'under way';
  const said = answer === 0 ? 'no answer' : String(answer);
  return tookMs === undefined ? said : `${said} · ${Math.round(tookMs)} ms`;
}

function outcomeOf({ answer }: Call): string {
  if (answer === undefined) return 'pending';
  if (answer === 'open' || (typeof answer === 'number' && answer >= 200 && answer < 400)) return 'good';
  if (answer === 401 || answer === 403 || answer === AUTHENTICATION_FAILED) return 'bad';
  return 'busy';
}

function showPending({ to, answer }: Call, isKnown: boolean): void {
  if (answer === undefined) pending[to] += 1;
  else if (isKnown) pending[to] -= 1;
  element(`${to}-station`).classList.toggle('asked', pending[to] > 0);
}

function bold(text: string): HTMLElement {
  return ofClass('', 'b', text);
}

function code(text: string): HTMLElement {
  return ofClass('', 'code', text);
}
