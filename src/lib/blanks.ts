/**
 * Cuts off the blanks at both ends: space and tab, and nothing else (RFC 9110 §5.6.3, RFC 6265bis §5.6). `String.trim`
 * would take more, such as U+00A0: for whoever sent the text that is part of a name or a value, and another one then.
 */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}
