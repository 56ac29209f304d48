import { trimBlanks } from '../lib/blanks.ts';
import { isText, MAX_NAME, type Told } from './told-user.ts';

const MAX_GROUPS = 500;
/** In characters, of all of them. */
const MAX_GROUP_NAMES = 16_384;

/** All groups, or why it cannot be known which those are. A part of them is never taken for all. */
export type ToldGroups = Told<readonly string[]>;

/**
 * Reads groups as claims tell them: one text is one group; a list holds texts, or objects that name each group by the
 * same one of these members, which is the first that any of them has.
 */
export function readGroupList(value: unknown, members: readonly string[]): ToldGroups {
  if (value === undefined) return undefined;
  const list: unknown = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) return { why: 'wrong_type' };
  if (list.length === 0 || !list.every(isObject)) return complete(list);
  const member = members.find((name) => list.some((group) => Object.hasOwn(group, name))) ?? '';
  return complete(list.map((group) => (Object.hasOwn(group, member) ? group[member] : undefined)));
}

/**
 * Reads groups as a gateway's header tells them, with this sign between them. A text that may mean something else than it
 * says is not understood: a name from a directory (RFC 4514), which has commas of its own, where commas separate; an escaped
 * separator; quotes, and JSON.
 */
export function readGroupHeader(text: string, separator: string): ToldGroups {
  const parts = text.split(separator).map(trimBlanks);
  const isDirectoryName = separator === ',' && parts.length > 1 && parts.some(isAttribute);
  const isEncoded =
    /^\[ *["\]]/.test(trimBlanks(text)) ||
    text.includes(`\\${separator}`) ||
    parts.some((part) => part.startsWith('"'));
  if (isDirectoryName || isEncoded) return { why: 'ambiguous' };
  return complete(parts.filter((part) => part !== ''));
}

/** As in `CN=Sales` or `2.5.4.3=Sales`. */
function isAttribute(part: string): boolean {
  return /^[a-z\d][\w.;-]* *=/i.test(part);
}

function complete(names: readonly unknown[]): ToldGroups {
  if (names.length > MAX_GROUPS) return { why: 'too_large' };
  if (!names.every((name) => typeof name === 'string' && name !== '')) return { why: 'wrong_type' };
  const texts = names as readonly string[];
  if (texts.some((name) => name.length > MAX_NAME) || texts.join('').length > MAX_GROUP_NAMES)
    return { why: 'too_large' };
  if (!texts.every((name) => isText(name, MAX_NAME))) return { why: 'control_characters' };
  return { value: [...new Set(texts)] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
