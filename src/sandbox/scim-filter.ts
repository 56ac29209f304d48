import { badRequest } from './errors.ts';

/** The attributes that a resource can be filtered by, each with the operators that it supports. */
export type FilterAttributes = Record<string, readonly ('eq' | 'co')[]>;

/** Whether something passes a filter; `read` answers the value of an attribute, undefined when it has none. */
export type Filter = (read: (attribute: string) => string | undefined) => boolean;

interface Node {
  matches: Filter;
  /** Whether every, or some, comparison below is about `status`. */
  onlyStatus: boolean;
  someStatus: boolean;
}

const TOKEN = /\s*(?:(?<bracket>[()])|(?<text>"(?:[^"\\]|\\.)*")|(?<word>[A-Za-z][\w.]*))/sy;
const MAX_DEPTH = 50;

/**
 * Reads the subset of RFC 7644 filters that Qlik Cloud has: `eq` and `co`, both without case, `and` before `or`,
 * parentheses, quoted strings with `\"` and `\\`. As at Qlik, conditions on `status` must be grouped together
 * and apply to the whole query: `or` never mixes them with others. Throws a `QlikError` (400) for anything else.
 */
export function parseFilter(source: string, attributes: FilterAttributes): Filter {
  const tokens = tokenize(source);
  const supported = new Map(
    Object.entries(attributes).map(([name, ops]) => [name.toLowerCase(), { name, ops }]),
  );
  let position = 0;
  let depth = 0;

  const peek = () => tokens[position];
  const next = () => tokens[position++];
  const isKeyword = (word: string) => peek()?.toLowerCase() === word;

  function disjunction(): Node {
    const nodes = [conjunction()];
    while (isKeyword('or')) {
      next();
      nodes.push(conjunction());
    }
    const combined = combine(nodes, (matches, read) => matches.some((matching) => matching(read)));
    if (nodes.length > 1 && combined.someStatus && !combined.onlyStatus) {
      throw badRequest('filter: conditions on status must be grouped and apply to the whole query');
    }
    return combined;
  }

  function conjunction(): Node {
    const nodes = [operand()];
    while (isKeyword('and')) {
      next();
      nodes.push(operand());
    }
    return combine(nodes, (matches, read) => matches.every((matching) => matching(read)));
  }

  function operand(): Node {
    if (peek() !== '(') return comparison();
    depth += 1;
    if (depth > MAX_DEPTH) throw malformed();
    next();
    const inner = disjunction();
    if (next() !== ')') throw malformed();
    depth -= 1;
    return inner;
  }

  function comparison(): Node {
    const attribute = supported.get((next() ?? '').toLowerCase());
    const operator = (next() ?? '').toLowerCase();
    const literal = next();
    if (!attribute?.ops.some((op) => op === operator))
      throw badRequest('filter: attribute or operator is not supported');
    if (!literal?.startsWith('"')) throw malformed();
    const wanted = unquote(literal).toLowerCase();
    const isStatus = attribute.name === 'status';
    return {
      onlyStatus: isStatus,
      someStatus: isStatus,
      matches(read) {
        const value = read(attribute.name)?.toLowerCase();
        if (value === undefined) return false;
        return operator === 'eq' ? value === wanted : value.includes(wanted);
      },
    };
  }

  const root = disjunction();
  if (position < tokens.length) throw malformed();
  return root.matches;
}

function combine(nodes: Node[], judge: (matches: Filter[], read: Parameters<Filter>[0]) => boolean): Node {
  const matches = nodes.map((node) => node.matches);
  return {
    matches: (read) => judge(matches, read),
    onlyStatus: nodes.every((node) => node.onlyStatus),
    someStatus: nodes.some((node) => node.someStatus),
  };
}

function tokenize(source: string): string[] {
  const text = source.trimEnd();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < text.length; end = TOKEN.lastIndex) {
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw malformed();
    tokens.push(groups.bracket ?? groups.text ?? groups.word ?? '');
  }
  return tokens;
}

/** The value of a quoted string; its escapes are JSON's (RFC 7644, section 3.4.2.2). */
function unquote(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw malformed();
  }
}

function malformed() {
  return badRequest('filter is malformed');
}
