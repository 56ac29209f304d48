const LINE_END = 'a line end';
const QUOTES = ['""', "''", '``', '“”', '„“', '‘’', '«»'];

/**
 * What got into a value of one line on its way through files, shells and copied pages, in words that repeat nothing of
 * the value; undefined when there is nothing of the kind.
 */
export function strayCharacters(raw: string): string | undefined {
  const found = strayOfDocument(raw);
  if (found) return found;
  const [first, last] = [strange(raw.slice(0, 1)), strange(raw.slice(-1))];
  if (first) return `begins with ${first}; leave it out`;
  if (last) return `ends with ${last}; leave it out`;
  return /[\r\n]/.test(raw) ? `holds ${LINE_END}; write it in one line` : undefined;
}

/** The same of a text that may have several lines, such as PEM. */
export function strayOfDocument(raw: string): string | undefined {
  if (raw.startsWith('\ufeff')) return 'begins with a byte order mark; save it without one';
  // What a file of UTF-16 looks like.
  if (/[\ufffd\0]/.test(raw)) return 'is no text in UTF-8; save it as that';
  const ends = raw.slice(0, 1) + raw.slice(-1);
  if (raw.length > 1 && QUOTES.includes(ends))
    return 'is in quotes, which are part of the value; leave them out';
  return undefined;
}

/** What a character is that nobody means to begin or end a value with. */
function strange(character: string): string | undefined {
  if (/[\r\n]/.test(character)) return LINE_END;
  if (/\s/.test(character)) return 'a blank';
  return /[\p{Cc}\p{Cf}]/u.test(character) ? 'an invisible character' : undefined;
}
