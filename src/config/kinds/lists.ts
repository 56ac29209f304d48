import { trimBlanks } from '../../lib/blanks.ts';
import { looksLikePlace } from '../place.ts';
import { documentKind, type Kind } from './kind.ts';

/**
 * A comma-separated list of another kind; blanks around the entries do not count. An error says which entry is wrong, by
 * its position alone: it may be a secret.
 */
export function list<T>(item: Kind<T>): Kind<readonly T[]> {
  return listOf(item, () => '');
}

/** The same of addresses: an error shows the entry that is wrong, if it looks like one. */
export function shownList<T>(item: Kind<T>): Kind<readonly T[]> {
  return listOf(item, shown);
}

function listOf<T>(item: Kind<T>, show: (entry: string) => string): Kind<readonly T[]> {
  return documentKind(`${item.expected}; several separated by commas`, (raw) => {
    const entries = raw.split(',').map(trimBlanks);
    const several = entries.filter((entry) => entry !== '').length > 1;
    const wrong: string[] = [];
    const values = entries.flatMap((entry, index) => {
      if (entry === '') return [];
      try {
        return [item.parse(entry)];
      } catch (error) {
        const which = several ? `entry ${index + 1}` : 'the entry';
        const place = several || show(entry) ? `${which}${show(entry)}: ` : '';
        wrong.push(`${place}${(error as Error).message}`);
        return [];
      }
    });
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return values;
  });
}

const LONGEST_SHOWN = 80;

/** Nothing of what may be a secret or hold a password, or looks like no text. */
function shown(entry: string): string {
  const isPlain = /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(entry) && !/[@`]/.test(entry);
  return isPlain && looksLikePlace(entry) && entry.length <= LONGEST_SHOWN ? ` (\`${entry}\`)` : '';
}
