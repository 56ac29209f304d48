import type { Drawing, Spot } from './drawing.ts';
import { svg } from './svg.ts';

/** What a spot tells: of what, and how much. */
export interface Fact {
  label: string;
  value: string;
}

const NEXT: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const AWAY = 10;

/**
 * Lies over a drawing: whoever points at a spot, taps it or comes to it with the keyboard is told its fact. The tab key
 * leads to one spot of the chart, the arrow keys, Home and End to the others, and Escape takes the tooltip away.
 */
export function tooltips(
  title: string,
  { spots, height }: Drawing,
  facts: readonly Fact[],
  width: number,
): Element[] {
  if (spots.length === 0) return [];
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'tooltip');
  tip.hidden = true;
  let active: Spot | undefined;

  function hide(): void {
    for (const mark of active?.marks ?? []) mark.classList.remove('active');
    active = undefined;
    tip.hidden = true;
  }

  function show(index: number): void {
    const [spot, fact] = [spots[index], facts[index]];
    if (!spot || !fact || spot === active) return;
    hide();
    active = spot;
    for (const mark of spot.marks) mark.classList.add('active');
    const [label, value] = [document.createElement('span'), document.createElement('strong')];
    label.textContent = fact.label;
    value.textContent = fact.value;
    tip.replaceChildren(label, value);
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    const below = spot.tip.y < tip.offsetHeight + AWAY;
    tip.style.left = `${Math.max(half, Math.min(spot.tip.x, width - half))}px`;
    tip.style.top = `${below ? spot.tip.y + AWAY : spot.tip.y - AWAY - tip.offsetHeight}px`;
  }

  const places = spots.map(({ area }, index) =>
    svg('rect', {
      ...area,
      class: 'spot',
      role: 'img',
      rx: 4,
      tabindex: index === 0 ? 0 : -1,
      'aria-label': `${facts[index]?.label}: ${facts[index]?.value}`,
    }),
  );
  const layer = svg(
    'svg',
    { class: 'spots', role: 'group', viewBox: `0 0 ${width} ${height}`, 'aria-label': `Values of ${title}` },
    ...places,
  );
  const indexOf = (event: Event) => places.indexOf(event.target as SVGElement);

  layer.addEventListener('pointerover', (event) => show(indexOf(event)));
  layer.addEventListener('pointerdown', (event) => show(indexOf(event)));
  layer.addEventListener('pointerleave', (event) => {
    // After a tap the finger is gone at once; the tooltip stays until one taps elsewhere.
    if (event.pointerType === 'mouse') hide();
  });
  layer.addEventListener('focusin', (event) => {
    const index = indexOf(event);
    for (const [at, place] of places.entries()) place.setAttribute('tabindex', at === index ? '0' : '-1');
    show(index);
  });
  layer.addEventListener('focusout', hide);
  layer.addEventListener('keydown', (event) => {
    const step = NEXT[event.key];
    const next =
      step !== undefined
        ? indexOf(event) + step
        : { Home: 0, End: places.length - 1 }[event.key as 'Home' | 'End'];
    if (event.key === 'Escape') hide();
    if (next === undefined || !places[next]) return;
    event.preventDefault();
    places[next].focus();
  });
  return [layer, tip];
}
