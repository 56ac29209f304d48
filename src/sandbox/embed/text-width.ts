const context = document.createElement('canvas').getContext('2d');

/** A font of the chart's own, at this size. */
export function font(size: number, weight = 400): string {
  return `${weight} ${size}px system-ui, sans-serif`;
}

/** How wide a text will be, in pixels. */
export function textWidth(text: string, inFont: string): number {
  if (!context) return 0;
  context.font = inFont;
  return context.measureText(text).width;
}

/** The text in lines that fit, broken at blanks only; what still does not fit ends in an ellipsis. */
export function linesOf(text: string, inFont: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text.split(/\s+/).filter(Boolean);
  while (rest.length > 0 && lines.length < most) {
    const isLast = lines.length === most - 1;
    let count = rest.length;
    while (count > 1 && textWidth(rest.slice(0, count).join(' '), inFont) > width) count -= 1;
    const line = (isLast ? rest : rest.slice(0, count)).join(' ');
    lines.push(shortened(line, inFont, width));
    rest = rest.slice(count);
  }
  return lines;
}

function shortened(line: string, inFont: string, width: number): string {
  if (textWidth(line, inFont) <= width) return line;
  let kept = [...line];
  while (kept.length > 1 && textWidth(`${kept.join('')}…`, inFont) > width) kept = kept.slice(0, -1);
  return `${kept.join('').trimEnd()}…`;
}
