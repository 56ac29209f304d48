/** Mistakes that still let one guess what was meant. */
const MOST_MISTAKES = 2;

/** The name that was probably meant: it differs from the word in at most two letters. Undefined when there is none. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return names
    .filter((name) => Math.abs(name.length - word.length) <= MOST_MISTAKES)
    .map((name) => ({ name, mistakes: levenshtein(word, name) }))
    .filter(({ mistakes }) => mistakes <= MOST_MISTAKES)
    .sort((a, b) => a.mistakes - b.mistakes)[0]?.name;
}

/** How many letters have to be put in, left out or replaced to make one word of the other. */
function levenshtein(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, count) => count);
  for (const letter of from) {
    const above = row;
    row = [(above[0] as number) + 1];
    for (const [index, other] of [...to].entries()) {
      const [diagonal, up, left] = [above[index], above[index + 1], row[index]] as [number, number, number];
      row.push(letter === other ? diagonal : 1 + Math.min(diagonal, up, left));
    }
  }
  return row[to.length] as number;
}
