const full = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** A number to read exactly. */
export function fullNumber(value: number): string {
  return full.format(value);
}

/** A number for an axis. */
export function shortNumber(value: number): string {
  return compact.format(value);
}

/** Round numbers from zero to at least `max`, about four steps of them. */
export function ticks(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const magnitude = 10 ** Math.floor(Math.log10(max / 4));
  const step = magnitude * ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude * 4 >= max) ?? 10);
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, index) => index * step);
}
