/** What a room may import: another room, or one file of it. */
export interface Permission {
  readonly name: string;
  /** Only by `import()`, or types. */
  readonly lazily: boolean;
}

/** A folder or a file of `src/`, as the table's row says. What lies deeper belongs to it unless it has its own row. */
export interface Room {
  readonly name: string;
  /**
   * `ground`: every other room may import it. `alone`: it does not import the ground either. `in the page`: nor what
   * comes with Node.
   */
  readonly mark: 'ground' | 'alone' | 'in the page' | undefined;
  readonly permissions: readonly Permission[];
  /** Names of npm packages. */
  readonly packages: readonly string[];
}

const HEAD = '| folder | may import | packages |';
const NOTHING = '–';
const ROOM = /^`([\w./-]+)`(?: \((ground|alone|in the page)\))?$/;
const PERMISSION = /^`([\w./-]+)`( \(lazily\))?$/;
const PACKAGE = /^`([^`\s]+)`$/;

/** The rows of the table in a Markdown page. Throws an `Error` that says which of them means nothing. */
export function readRooms(markdown: string): Room[] {
  const [, table, ...others] = markdown.split(`${HEAD}\n`);
  if (table === undefined || others.length > 0)
    throw new Error(`there must be one table with the head ${HEAD}`);
  const [rule, ...rows] = (table.split(/\n(?!\|)/, 1)[0] as string).trimEnd().split('\n');
  if (rule !== '|---|---|---|' || rows.length === 0) throw new Error('the table has no rows');
  const rooms = rows.map(parseRow);
  const names = rooms.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new Error(`there are two rows for ${twice}`);
  return rooms;
}

function parseRow(row: string): Room {
  const cells = /^\|([^|]+)\|([^|]+)\|([^|]+)\|$/.exec(row)?.slice(1);
  if (!cells) throw new Error(`this is no row of three cells: ${row}`);
  const [folder = '', permissions = '', packages = ''] = cells.map((cell) => cell.trim());
  const [, name = '', mark] = matchOf(folder, ROOM, row);
  return {
    name,
    mark: mark as Room['mark'],
    permissions: listOf(permissions, PERMISSION, row).map(([, other = '', lazily]) => ({
      name: other,
      lazily: lazily !== undefined,
    })),
    packages: listOf(packages, PACKAGE, row).map(([, other = '']) => other),
  };
}

function listOf(cell: string, pattern: RegExp, row: string): RegExpExecArray[] {
  return cell === NOTHING ? [] : cell.split(', ').map((entry) => matchOf(entry, pattern, row));
}

function matchOf(text: string, pattern: RegExp, row: string): RegExpExecArray {
  const match = pattern.exec(text);
  if (!match) throw new Error(`“${text}” means nothing in the row ${row}`);
  return match;
}
