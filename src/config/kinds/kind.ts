import { strayCharacters, strayOfDocument } from '../stray-characters.ts';

/** How one kind of setting is written. */
export interface Kind<T> {
  /** The value for what stands in the environment. Throws an `Error` whose message never repeats a secret. */
  parse(raw: string): T;
  /** What would be right, for the error and the documentation: "a duration such as `30s`". */
  readonly expected: string;
}

type Parse<T> = (raw: string) => T | undefined;

/** A kind of one line, whose `parse` says undefined for what cannot be read. */
export function kind<T>(expected: string, parse: Parse<T>): Kind<T> {
  return kindWithout(strayCharacters, expected, parse);
}

/** The same of a text that may have several lines. */
export function documentKind<T>(expected: string, parse: Parse<T>): Kind<T> {
  return kindWithout(strayOfDocument, expected, parse);
}

/** The same for PEM, whose line ends are lost most easily. */
export function pemKind<T>(expected: string, parse: Parse<T>): Kind<T> {
  const stray = (raw: string) =>
    strayOfDocument(raw) ??
    (/-----\\[rn]/.test(raw) ? 'holds `\\n` where its lines end; give it line ends, or a file' : undefined);
  return kindWithout(stray, expected, parse);
}

function kindWithout<T>(
  stray: (raw: string) => string | undefined,
  expected: string,
  parse: Parse<T>,
): Kind<T> {
  return {
    expected,
    parse(raw) {
      const found = stray(raw);
      if (found) throw new Error(found);
      const value = parse(raw);
      if (value === undefined) throw new Error(`expected ${expected}`);
      return value;
    },
  };
}
