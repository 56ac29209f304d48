import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createWatchedTable } from '../../src/directory/watched-table.ts';
import type { BrokerEvent } from '../../src/events.ts';
import { until } from '../support/until.ts';

type TableEvent =
  | { type: 'user_table.read'; size: number }
  | { type: 'user_table.shrunk'; size: number; gone: number }
  | { type: 'user_table.broken'; reason: string };

const read = (size: number): TableEvent => ({ type: 'user_table.read', size });

const POLL_MS = 20;
/** Long enough for a change to be seen and read, if it were. */
const A_WHILE_MS = 12 * POLL_MS;

const HEADING = 'portal_user,qlik_subject\n';

describe('a watched table of users', () => {
  test('given a broken text at the start, is refused', (t) => {
    const path = join(folder(t), 'users.csv');

    assert.throws(
      () =>
        createWatchedTable({
          file: { path, text: '' },
          tenant: 'acme',
          emit() {},
          onLost() {},
          pollMs: POLL_MS,
        }),
      {
        message: 'has no rows',
      },
    );
  });

  test('given a file that changes, follows it', async (t) => {
    const { path, find, events } = watch(t, `${HEADING}ada,a\n`);
    assert.equal(find('ada'), 'a');

    await delay(A_WHILE_MS);
    writeFileSync(path, `${HEADING}ada,b\nbruno,c\n`);
    await until(() => events.length === 1);

    assert.deepEqual(events, [read(2)]);
    assert.equal(find('ada'), 'b');
    assert.equal(find('bruno'), 'c');
  });

  test('given a file that changes twice, follows both times', async (t) => {
    const { path, find } = watch(t, `${HEADING}ada,a\n`);

    for (const subject of ['b', 'c']) {
      await delay(A_WHILE_MS);
      writeFileSync(path, `${HEADING}ada,${subject}\n`);
      await until(() => find('ada') === subject);
    }
  });

  // Guards against a change between the reading of the settings and the first look at the file.
  test('given a file that changed before it was watched, follows it', async (t) => {
    const { path } = watch(t, `${HEADING}ada,b\n`);

    const { find, events } = watchPath(t, path, `${HEADING}ada,a\n`);

    await until(() => find('ada') === 'b');
    assert.deepEqual(events, [read(1)]);
  });

  test('given a file that nobody changes, reports nothing', async (t) => {
    const { events } = watch(t, `${HEADING}ada,a\n`);

    await delay(A_WHILE_MS);

    assert.deepEqual(events, []);
  });

  test('given a file that is touched, or written as it was, reports nothing', async (t) => {
    const content = `${HEADING}ada,a\n`;
    const { path, find, events } = watch(t, content);
    await delay(A_WHILE_MS);

    utimesSync(path, new Date(), new Date(0));
    await delay(A_WHILE_MS);
    writeFileSync(path, content);
    await delay(A_WHILE_MS);

    assert.deepEqual(events, []);
    assert.equal(find('ada'), 'a');
  });

  for (const [what, content, reason] of [
    ['is broken', `${HEADING}ada,\n`, /^row 1: /],
    ['is half written', `${HEADING}ada,a\nbru`, /^does not end with a line break/],
    ['is cut off in its last value', `${HEADING}ada,b\nbruno,ACME`, /^does not end with a line break/],
    ['is empty', '', /^has no rows$/],
  ] as const) {
    test(`given a file that ${what}, keeps the old table, says why, and goes on when it is mended`, async (t) => {
      const { path, find, events } = watch(t, `${HEADING}ada,a\n`);
      await delay(A_WHILE_MS);

      writeFileSync(path, content);
      await until(() => events.length === 1);
      const [event] = events;
      assert.equal(event?.type, 'user_table.broken');
      assert.match(event.type === 'user_table.broken' ? event.reason : '', reason);
      assert.equal(find('ada'), 'a');

      writeFileSync(path, `${HEADING}ada,b\n`);
      await until(() => events.length === 2);
      assert.deepEqual(events[1], read(1));
      assert.equal(find('ada'), 'b');
    });
  }

  test('given a broken file that is put back as it was, says that all is well again', async (t) => {
    const content = `${HEADING}ada,a\n`;
    const { path, events } = watch(t, content);
    await delay(A_WHILE_MS);
    writeFileSync(path, 'broken');
    await until(() => events.length === 1);

    writeFileSync(path, content);
    await until(() => events.length === 2);

    assert.deepEqual(
      events.map(({ type }) => type),
      ['user_table.broken', 'user_table.read'],
    );
  });

  test('given a broken file that is touched, does not say it again', async (t) => {
    const { path, events } = watch(t, `${HEADING}ada,a\n`);
    await delay(A_WHILE_MS);
    writeFileSync(path, 'broken');
    await until(() => events.length === 1);

    utimesSync(path, new Date(), new Date(0));
    await delay(A_WHILE_MS);

    assert.equal(events.length, 1);
  });

  test('given a file that is removed and put back as it was, says that all is well again', async (t) => {
    const content = `${HEADING}ada,a\n`;
    const { path, events } = watch(t, content);
    await delay(A_WHILE_MS);
    rmSync(path);
    await until(() => events.length === 1);

    writeFileSync(path, content);
    await until(() => events.length === 2);

    assert.deepEqual(events[1], read(1));
  });

  test('given a file that is removed, keeps the old table, says so, and reads it when it is back', async (t) => {
    const { path, find, events } = watch(t, `${HEADING}ada,a\n`);
    await delay(A_WHILE_MS);

    rmSync(path);
    await until(() => events.length === 1);
    assert.equal(events[0]?.type, 'user_table.broken');
    assert.match(events[0]?.type === 'user_table.broken' ? events[0].reason : '', /ENOENT/);
    assert.equal(find('ada'), 'a');

    writeFileSync(path, `${HEADING}ada,b\n`);
    await until(() => find('ada') === 'b');
  });

  test('given a file that is still being written, waits until it is done', async (t) => {
    const { path } = watch(t, `${HEADING}ada,a\n`);
    const slow = watchPath(t, path, undefined, 10 * POLL_MS);
    await delay(2 * 10 * POLL_MS);

    let written = `${HEADING}ada,a\n`;
    writeFileSync(path, written);
    for (let n = 0; n < 40; n++) {
      written += n % 2 === 0 ? `user${n}` : `,subject\n`;
      writeFileSync(path, written);
      await delay(POLL_MS);
    }
    await until(() => slow.events.length > 0);

    assert.deepEqual(slow.events, [read(21)]);
  });

  test('given a rename over the file, follows it', async (t) => {
    const { path, find } = watch(t, `${HEADING}ada,a\n`);
    await delay(A_WHILE_MS);

    writeFileSync(`${path}.new`, `${HEADING}ada,b\n`);
    renameSync(`${path}.new`, path);

    await until(() => find('ada') === 'b');
  });

  // Kubernetes mounts a config map as users.csv → ..data/users.csv, ..data → a folder, and swaps that link.
  test('given a config map that is swapped, follows it', async (t) => {
    const root = folder(t);
    const revision = (name: string, subject: string) => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'users.csv'), `${HEADING}ada,${subject}\n`);
    };
    revision('..1', 'a');
    symlinkSync('..1', join(root, '..data'));
    symlinkSync(join('..data', 'users.csv'), join(root, 'users.csv'));
    const { find, events } = watchPath(t, join(root, 'users.csv'));
    await delay(A_WHILE_MS);

    revision('..2', 'b');
    symlinkSync('..2', join(root, '..data_tmp'));
    renameSync(join(root, '..data_tmp'), join(root, '..data'));
    rmSync(join(root, '..1'), { recursive: true });

    await until(() => find('ada') === 'b');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['user_table.read'],
    );
  });

  test('given closed, follows nothing any more', async (t) => {
    const { path, find, events, close } = watch(t, `${HEADING}ada,a\n`);
    await delay(A_WHILE_MS);

    writeFileSync(path, `${HEADING}ada,b\n`);
    await delay(POLL_MS / 4);
    close();
    await delay(A_WHILE_MS);

    assert.deepEqual(events, []);
    assert.equal(find('ada'), 'a');
  });

  test('given closed, leaves another table on the same file alone', async (t) => {
    const { path, close } = watch(t, `${HEADING}ada,a\n`);
    const other = watchPath(t, path);
    await delay(A_WHILE_MS);
    close();

    writeFileSync(path, `${HEADING}ada,b\n`);

    await until(() => other.find('ada') === 'b');
  });
});

describe('given a table that lost rows', () => {
  const rows = (...ids: number[]) => HEADING + ids.map((id) => `user-${id},s-${id}\n`).join('');
  const ten = rows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);

  test('a fifth of them, it is taken, and those who went are told', async (t) => {
    const { path, find, events, lost } = watch(t, ten);
    await delay(A_WHILE_MS);
    writeFileSync(path, rows(0, 1, 2, 3, 4, 5, 6, 7));
    await until(() => events.length === 1);
    assert.deepEqual(events, [read(8)]);
    assert.deepEqual(lost, ['user-8 s-8', 'user-9 s-9']);
    assert.equal(find('user-9'), undefined);
  });

  test('more than a fifth, the old one stays in force until an operator says that it is meant', async (t) => {
    const { path, find, events, lost, readAgain } = watch(t, ten);
    await delay(A_WHILE_MS);
    writeFileSync(path, rows(0, 1, 2, 3, 4, 5, 6));
    await until(() => events.length === 1);
    assert.deepEqual(events, [{ type: 'user_table.shrunk', size: 7, gone: 3 }]);
    assert.deepEqual([find('user-9'), lost], ['s-9', []]);

    await readAgain();
    assert.deepEqual(events[1], read(7));
    assert.deepEqual([find('user-9'), lost.length], [undefined, 3]);
  });

  test('and changed others, those who are somebody else now are told, and count as there', async (t) => {
    const { path, find, events, lost } = watch(t, ten);
    await delay(A_WHILE_MS);
    writeFileSync(path, ten.replace(/s-[0-7]\n/g, 'other\n'));
    await until(() => events.length === 1);
    assert.deepEqual(events, [read(10)]);
    assert.equal(lost.length, 8);
    assert.equal(find('user-0'), 'other');
  });
});

function isOfTable(event: BrokerEvent): event is Extract<BrokerEvent, { path: string }> {
  return event.type.startsWith('user_table.');
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'users-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function watch(t: TestContext, content: string) {
  const path = join(folder(t), 'users.csv');
  writeFileSync(path, content);
  return watchPath(t, path);
}

function watchPath(t: TestContext, path: string, content = readFileSync(path, 'utf8'), pollMs = POLL_MS) {
  const events: TableEvent[] = [];
  const lost: string[] = [];
  const table = createWatchedTable({
    file: { path, text: content },
    tenant: 'acme',
    emit(event) {
      if (!isOfTable(event)) return;
      const { tenant, path: file, ...told } = event;
      assert.deepEqual([tenant, file], ['acme', path]);
      events.push(told);
    },
    onLost: ({ id }, { value }) => void lost.push(`${id} ${value}`),
    pollMs,
  });
  t.after(() => table.close());
  return {
    path,
    events,
    lost,
    readAgain: table.readAgain,
    close: table.close,
    find: (id: string) => table.mapping({ id })?.value,
  };
}
