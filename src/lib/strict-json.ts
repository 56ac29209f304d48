/**
 * Like `JSON.parse`, but refuses an object that has a key twice: readers differ about which one counts (RFC 8259 §4),
 * so an answer that means two things means nothing. Throws a `SyntaxError` that repeats nothing of the text.
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SyntaxError('is not JSON');
  }
  refuseDuplicateKeys(text);
  return value;
}

const STRING_OR_BRACE = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/** `json` is known to be well-formed: a string before a colon is a key of the innermost object. */
function refuseDuplicateKeys(json: string): void {
  const objects: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(STRING_OR_BRACE)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      const keys = objects.at(-1);
      if (keys?.has(key)) throw new SyntaxError('holds an object with a key twice');
      keys?.add(key);
    }
  }
}
