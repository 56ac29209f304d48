/** A value of a dimension as people write it. */
export interface Label {
  /** Alone, such as "January 2025". */
  full: string;
  /** Among others on an axis, such as "Jan". */
  short: string;
  /** Beneath it where it changes, such as "2025"; empty where there is nothing of the kind. */
  under: string;
}

const MONTH = /^(\d{4})-?(0[1-9]|1[0-2])$/;

const long = format({ month: 'long', year: 'numeric' });
const month = format({ month: 'short' });
const year = format({ year: 'numeric' });

/** The labels of a dimension's values. When all of them are months, such as 2025-01 or 202501, they are written so. */
export function labelsOf(values: readonly string[]): Label[] {
  if (!values.every((value) => MONTH.test(value)))
    return values.map((value) => ({ full: value, short: value, under: '' }));
  return values.map((value) => {
    const [, years = '', months = ''] = MONTH.exec(value) ?? [];
    const date = new Date(Date.UTC(Number(years), Number(months) - 1));
    return { full: long.format(date), short: month.format(date), under: year.format(date) };
  });
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(undefined, { ...options, timeZone: 'UTC' });
}
