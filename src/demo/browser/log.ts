import { addTo, element, made, timeOf } from './dom.ts';

const MOST = 50;

/** Tells what happened, with the time. */
export function note(text: string): void {
  addTo(element('log'), made('li', timeOf(Date.now()), made('span', text)), MOST);
}
