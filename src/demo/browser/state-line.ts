import { element } from './dom.ts';
import { pageData } from './page-data.ts';

/** How things stand: first answers are awaited, Qlik answers, it will be asked again, or it will not. */
export type State = 'waiting' | 'ok' | 'trouble' | 'stopped';

/** Says at the top of the page how things stand, and in all places that wait for something. */
export function showState(state: State, text: string, place: string): void {
  (document.querySelector('main') as HTMLElement).dataset.state = state;
  element('state').textContent = text;
  element('countdown').textContent = '';
  for (const waits of document.querySelectorAll('.waits')) waits.textContent = place;
}

/** What it says when all is well. */
export function showIsWell(): void {
  const { host } = new URL(pageData.tenant);
  showState('ok', `Qlik answers: all below came from ${host}, with your own token.`, 'Loading the chart');
}

/** The seconds that are left, for the eye only: they would be read out one by one. */
export function showCountdown(seconds: number): void {
  const goesOn = element('state').textContent?.endsWith(';');
  element('countdown').textContent = ` ${goesOn ? 'the' : 'The'} page asks again in ${seconds} s.`;
}
