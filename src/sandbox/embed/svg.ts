const NAMESPACE = 'http://www.w3.org/2000/svg';

/** An SVG element. Colours come from its class, so that no style attribute is needed. */
export function svg(
  name: string,
  attributes: Record<string, string | number>,
  ...content: (Node | string)[]
): SVGElement {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...content);
  return element;
}

/** A piece of text at a place; `anchor` is the end of it that lies there. */
export function label(
  text: string,
  place: { x: number; y: number; anchor?: 'start' | 'middle' | 'end'; class?: string },
): SVGElement {
  const { x, y, anchor = 'start', class: className = '' } = place;
  return svg('text', { x, y, 'text-anchor': anchor, class: className }, text);
}
