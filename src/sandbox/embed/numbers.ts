/** How an app writes the numbers of a measure: the `qFmt` of its `qNumFormat`, such as `€#,##0`. */
export interface NumberFormat {
  prefix: string;
  suffix: string;
}

/** A number as it is written: what stands before it, its digits, and what stands after. */
export interface WrittenNumber {
  prefix: string;
  digits: string;
  suffix: string;
}

const PATTERN = /^([^#0]*)[#0][#0.,\s]*(.*)$/;
const SMALL = 100;

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

/** What a pattern puts around a number. The digits themselves are written as the browser's language has them. */
export function numberFormat(pattern = ''): NumberFormat {
  const [, prefix = '', suffix = ''] = PATTERN.exec(pattern) ?? [];
  return { prefix, suffix };
}

/** A number to read exactly: with thousands separators, and decimals only where it is small. */
export function fullNumber(value: number, format: NumberFormat): WrittenNumber {
  return written(Math.abs(value) < SMALL ? precise : whole, value, format);
}

/** A number for an axis, such as 1.2M. */
export function shortNumber(value: number, format: NumberFormat): WrittenNumber {
  return written(compact, value, format);
}

/** All of it, as one text. */
export function textOf({ prefix, digits, suffix }: WrittenNumber): string {
  return prefix + digits + suffix;
}

/** Round numbers from zero to at least `max`, about four steps of them. */
export function ticks(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const magnitude = 10 ** Math.floor(Math.log10(max / 4));
  const step = magnitude * ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude * 4 >= max) ?? 10);
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, index) => index * step);
}

function written(digits: Intl.NumberFormat, value: number, { prefix, suffix }: NumberFormat): WrittenNumber {
  const sign = value < 0 ? '−' : '';
  return { prefix: sign + prefix, digits: digits.format(Math.abs(value)), suffix };
}
