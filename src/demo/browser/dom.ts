/** The element of this id, which the page has. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new element with this content. */
export function made(name: string, ...content: (Node | string)[]): HTMLElement {
  const fresh = document.createElement(name);
  fresh.append(...content);
  return fresh;
}

/** A new element of this class. */
export function ofClass(className: string, name: string, ...content: (Node | string)[]): HTMLElement {
  const fresh = made(name, ...content);
  fresh.className = className;
  return fresh;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A time of day as HH:MM:SS; given in milliseconds since the epoch. */
export function timeOf(at: number): HTMLElement {
  const time = document.createElement('time');
  time.dateTime = new Date(at).toISOString();
  time.textContent = clock.format(at);
  return time;
}

/**
 * Puts an entry into a list that is as high as it is and scrolls, behind those that were before it: the newest is in
 * sight unless one has scrolled back, and what is beyond `most` goes. Nothing moves but by scrolling;
 * the list has the class `scrolled` while there is more above.
 */
export function addTo(
  list: HTMLElement,
  entry: HTMLElement,
  most: number,
  before: Element | null = null,
): void {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.insertBefore(entry, before);
  while (list.childElementCount > most) list.firstElementChild?.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
  const showEarlier = () => list.classList.toggle('scrolled', list.scrollTop > 0);
  list.onscroll = showEarlier;
  showEarlier();
}
