import { nearest } from '../../lib/nearest.ts';
import { type Kind, kind } from './kind.ts';

/** One of the words given. For another one, the error names the word that was probably meant. */
export function oneOf<const W extends string>(...words: W[]): Kind<W> {
  return wordOf(words, words.map((word) => `\`${word}\``).join(', '));
}

/** Yes or no. */
export const flag: Kind<boolean> = {
  expected: '`true` or `false`',
  parse: (raw) => wordOf(['true', 'false'], '`true` or `false`').parse(raw) === 'true',
};

const ENVIRONMENTS = ['production', 'development', 'test'] as const;

/**
 * Whose machine this is, as Node’s users write it. Any other word stops the start: most mean production, and would get
 * none of its safeguards.
 */
export const environment: Kind<(typeof ENVIRONMENTS)[number]> = wordOf(
  ENVIRONMENTS,
  '`production`; or, on one’s own machine, `development`, `test` or nothing',
  'production',
);

function wordOf<W extends string>(words: readonly W[], expected: string, otherwise?: W): Kind<W> {
  return kind(expected, (raw) => {
    const word = words.find((one) => one === raw);
    const meant = word ?? nearestWord(raw.toLowerCase(), words) ?? otherwise;
    if (!word && meant) throw new Error(`expected ${expected}; did you mean \`${meant}\`?`);
    return word;
  });
}

const SHORTEST_BEGINNING = 3;

/** The word with the fewest mistakes, or one that is the beginning of the other, as `prod` and `warning` are. */
function nearestWord(raw: string, words: readonly string[]): string | undefined {
  const isBeginning = raw.length >= SHORTEST_BEGINNING;
  return (
    nearest(raw, words) ?? words.find((word) => raw.startsWith(word) || (isBeginning && word.startsWith(raw)))
  );
}
