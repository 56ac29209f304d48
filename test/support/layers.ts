import { posix } from 'node:path';
import type { Import, Sources } from './imports.ts';
import { type Room, readRooms } from './layer-table.ts';

/** Who may import whom; whatever is not said is forbidden. */
export interface Layers {
  /** What goes against them, and what they have that the sources do not: a sentence each. */
  violations(sources: Sources): string[];
}

/** Reads the table of a Markdown page. Throws an `Error` when it is garbled, contradicts itself or goes in a circle. */
export function readLayers(markdown: string): Layers {
  const rooms = readRooms(markdown);

  /** The room with the longest name that the path lies in. */
  function roomOf(path: string): Room | undefined {
    return rooms
      .filter(({ name }) => path === name || path.startsWith(`${name}/`))
      .sort((a, b) => b.name.length - a.name.length)[0];
  }

  for (const { name, permissions } of rooms)
    for (const permission of permissions)
      if (!roomOf(permission.name))
        throw new Error(`${name} may import ${permission.name}, which has no row`);
      else if (roomOf(permission.name)?.name === name)
        throw new Error(`${name} need not be told that it may import itself`);
  refuseCircles(rooms, (name) => roomOf(name) as Room);

  /** Why the import is forbidden; undefined when it is allowed. */
  function objection({ file, specifier, kind }: Import): string | undefined {
    const room = roomOf(file);
    if (!room) return 'its folder is on no row of the table';
    if (specifier === undefined) return 'nobody can tell what that will be';
    if (specifier.startsWith('node:'))
      return room.mark === 'in the page' ? `${room.name} runs in the page` : undefined;
    const path = pathOf(file, specifier);
    if (path === undefined)
      return room.packages.includes(packageOf(specifier))
        ? undefined
        : `${room.name} may not import this package`;

    const target = roomOf(path);
    if (!target) return `${path} is on no row of the table`;
    if (target === room) return undefined;
    if (target.mark === 'ground' && room.mark === undefined) return undefined;
    const permissions = room.permissions.filter(({ name }) => name === target.name || name === path);
    if (permissions.length === 0) return `${room.name} may not import ${target.name}`;
    if (kind === 'static' && permissions.every(({ lazily }) => lazily))
      return `${room.name} may import ${target.name} only lazily`;
    return undefined;
  }

  /** What the table has and the sources do not. */
  function superfluous({ files, imports }: Sources): string[] {
    return rooms.flatMap((room) => {
      if (!files.some((file) => roomOf(file) === room)) return [`${room.name}: has a row, and no file`];
      const used = new Set(
        imports
          .filter(({ file }) => roomOf(file) === room)
          .flatMap(({ file, specifier = '' }) => {
            const path = pathOf(file, specifier);
            return path === undefined ? [packageOf(specifier)] : [path, roomOf(path)?.name];
          }),
      );
      return [...room.permissions.map(({ name }) => name), ...room.packages]
        .filter((name) => !used.has(name))
        .map((name) => `${room.name}: may import ${name}, and does not`);
    });
  }

  return {
    violations(sources) {
      return [
        ...sources.files.filter((file) => !roomOf(file)).map((file) => `${file}: is on no row of the table`),
        ...superfluous(sources),
        ...sources.imports.flatMap((wish) => {
          const why = objection(wish);
          return why ? [`${wish.file} imports ${wish.specifier ?? 'something'} (${wish.kind}): ${why}`] : [];
        }),
      ];
    },
  };
}

function refuseCircles(rooms: readonly Room[], roomOf: (name: string) => Room): void {
  const done = new Set<Room>();
  function walk(room: Room, way: readonly Room[]): void {
    if (way.includes(room))
      throw new Error(
        `the table goes round in a circle: ${[...way, room].map(({ name }) => name).join(' → ')}`,
      );
    if (done.has(room)) return;
    for (const { name } of room.permissions) walk(roomOf(name), [...way, room]);
    done.add(room);
  }
  for (const room of rooms) walk(room, []);
}

/** The path that a file means by `./` or `../`; undefined when it means a package. */
function pathOf(file: string, specifier: string): string | undefined {
  return /^\.\.?\//.test(specifier) ? posix.join(posix.dirname(file), specifier) : undefined;
}

/** `jose` for `jose/jwt/sign`, `@fastify/cookie` for itself. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
