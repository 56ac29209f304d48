import { fieldIndex, type Table, type Value } from './table.ts';

/** What an expression comes to, over some rows of the table that it was read for; NaN when it has no value. */
export type Measure = (rows: Table['rows']) => number;

/** The expression is not one; the message says where and why. */
export class ExpressionError extends Error {}

const AGGREGATES: Record<string, (values: readonly Value[]) => number> = {
  sum,
  count: (values) => values.length,
  avg: (values) => sum(values) / numbers(values).length,
  min: (values) => extreme(Math.min, values),
  max: (values) => extreme(Math.max, values),
};

const OPERATORS: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? Number.NaN : left / right),
};

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|(\[[^\]]+\]|[A-Za-z_]\w*)|([-+*/()]))/y;
const MAX_LENGTH = 1_000;

/**
 * Reads what the sandbox knows of Qlik's expression language:
 *
 *     expression = ["="] term { ("+" | "-") term }
 *     term       = factor { ("*" | "/") factor }
 *     factor     = number | "-" factor | "(" expression ")" | aggregate
 *     aggregate  = ("Sum" | "Count" | "Avg" | "Min" | "Max") "(" ["distinct"] field ")"
 *     field      = name | "[" any name "]"
 *
 * Throws an ExpressionError.
 */
export function readExpression(source: string, table: Table): Measure {
  if (source.length > MAX_LENGTH) throw new ExpressionError('Expression is too long');
  const tokens = tokensOf(source.replace(/^\s*=/, ''));
  let position = 0;

  const next = () => tokens[position++] ?? '';
  const accept = (text: string) => tokens[position]?.toLowerCase() === text && next() !== '';
  const expect = (text: string) => {
    if (!accept(text))
      throw new ExpressionError(`Expected "${text}" but found "${tokens[position] ?? 'the end'}"`);
  };

  function chain(operators: string, operand: () => Measure): Measure {
    let result = operand();
    while (position < tokens.length && operators.includes(tokens[position] ?? '')) {
      const operate = OPERATORS[next()] as (left: number, right: number) => number;
      const [left, right] = [result, operand()];
      result = (rows) => operate(left(rows), right(rows));
    }
    return result;
  }

  const expression = (): Measure => chain('+-', () => chain('*/', factor));

  function factor(): Measure {
    if (accept('-')) {
      const operand = factor();
      return (rows) => -operand(rows);
    }
    if (accept('(')) {
      const inner = expression();
      expect(')');
      return inner;
    }
    const token = next();
    if (/^\d/.test(token)) return () => Number(token);
    return aggregate(token);
  }

  function aggregate(name: string): Measure {
    const key = name.toLowerCase();
    const over = Object.hasOwn(AGGREGATES, key) ? AGGREGATES[key] : undefined;
    if (!over) throw new ExpressionError(`"${name || 'the end'}" is not Sum, Count, Avg, Min or Max`);
    expect('(');
    const distinct = accept('distinct');
    const index = fieldIndex(table, fieldName(next()));
    if (index === -1) throw new ExpressionError(`Bad field name "${fieldName(tokens[position - 1] ?? '')}"`);
    expect(')');
    return (rows) => {
      const values = rows.map((row) => row[index] as Value);
      return over(distinct ? [...new Set(values)] : values);
    };
  }

  const measure = expression();
  if (position < tokens.length) throw new ExpressionError(`Unexpected "${tokens[position]}"`);
  return measure;
}

/** A field as it stands in an expression, or in a dimension's definition: `Region`, `[Region]`, `=[Region]`. */
export function fieldName(token: string): string {
  return token
    .trim()
    .replace(/^=\s*/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new ExpressionError(`Cannot read "${source.slice(from).trim().slice(0, 20)}"`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function numbers(values: readonly Value[]): number[] {
  return values.filter((value) => typeof value === 'number');
}

function sum(values: readonly Value[]): number {
  return numbers(values).reduce((total, value) => total + value, 0);
}

function extreme(choose: (...values: number[]) => number, values: readonly Value[]): number {
  const all = numbers(values);
  return all.length === 0 ? Number.NaN : choose(...all);
}
