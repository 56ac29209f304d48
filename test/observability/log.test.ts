import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DirectoryError } from '../../src/directory/directory-error.ts';
import { createLog } from '../../src/observability/log.ts';
import { createTestService } from '../support/test-service.ts';

const CANARY = 'canary-91ce';
const INJECTED = 'x\r\n{"level":60,"msg":"forged"}\n';

describe('the log', () => {
  test('writes an entry as one JSON line, with level, time and what it was given', () => {
    const { log, lines } = open();

    const before = Date.now();
    log.info({ status: 200 }, 'request');

    assert.equal(lines.length, 1);
    const { level, time, ...rest } = JSON.parse(lines[0] ?? '');
    assert.equal(level, 30);
    assert.ok(time >= before && time <= Date.now());
    assert.deepEqual(rest, { status: 200, msg: 'request' });
  });

  test('writes nothing below its level', () => {
    const { log, lines } = open('warn');

    log.info('no');
    log.debug('no');
    log.warn('yes');

    assert.equal(lines.length, 1);
  });

  test('given silent, writes nothing at all', () => {
    const { log, lines } = open('silent');
    log.fatal('no');
    assert.deepEqual(lines, []);
  });

  test('keeps line breaks in any part of an entry on one line', () => {
    const { log, lines } = open();

    log.info({ user: INJECTED, [INJECTED]: 1, nested: { path: INJECTED } }, INJECTED);

    assert.equal(lines.length, 1);
    assertOneEntryEach(lines);
  });

  for (const [how, write] of [
    ['as err, with a message', (log: Log, err: unknown) => log.error({ err }, 'failed')],
    ['as err, without a message', (log: Log, err: unknown) => log.error({ err })],
    ['as the entry itself', (log: Log, err: unknown) => log.error(err)],
    ['as the entry itself, with a message', (log: Log, err: unknown) => log.error(err, 'failed')],
  ] as const) {
    test(`given a foreign error ${how}, writes none of its message`, () => {
      const { log, lines } = open();

      write(log, new Error(CANARY, { cause: new Error(CANARY) }));

      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0] ?? '', new RegExp(CANARY));
      assert.equal(JSON.parse(lines[0] ?? '').err.type, 'Error');
    });
  }

  test('given an error of ours, writes its message', () => {
    const { log, lines } = open();

    log.warn({ err: new DirectoryError('user_denied', 'This user may not be impersonated.') }, 'refused');

    assert.deepEqual(JSON.parse(lines[0] ?? '').err, {
      type: 'DirectoryError',
      code: 'user_denied',
      message: 'This user may not be impersonated.',
    });
  });
});

describe('the service’s log', () => {
  test('given line breaks in everything that a request brings, has one entry a line', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'users-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const users = join(folder, 'users.json');
    writeFileSync(users, JSON.stringify([{ id: INJECTED, name: INJECTED, email: INJECTED }]));
    const service = await createTestService(t, { env: { DEMO_USERS: users } });

    const cookie = await service.login(INJECTED);
    const encoded = encodeURIComponent(INJECTED);
    for (const request of [
      { url: `/${encoded}?${encoded}=${encoded}` },
      { url: `/login?returnTo=${encoded}` },
      { url: '/qlik-token' },
      { url: '/session' },
      { url: '/session', headers: { origin: `https://evil.example/${encoded}` } },
      { method: 'POST', url: '/login', payload: { user: `${INJECTED}2`, returnTo: INJECTED } },
      { method: 'POST', url: '/qlik-token', payload: { rejected: INJECTED } },
      { method: 'POST', url: '/logout', payload: INJECTED, headers: { 'content-type': 'application/json' } },
      { method: 'POST', url: '/logout' },
    ] as const) {
      await service.fetch({ ...request, cookie });
    }

    assert.ok(service.logged.length >= 9);
    assertOneEntryEach(service.logged);
    assert.ok(
      service.logged.some((line) => line.includes('forged')),
      'the user’s look-up was not logged',
    );
  });

  test('given a session, has neither its cookie nor its id', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const url of ['/session', '/qlik-token', '/qlik-config', '/login'])
      await service.fetch({ url, cookie });
    await service.fetch({ method: 'POST', url: '/logout', cookie });

    const value = cookie.split('=', 2)[1] as string;
    const [id = '', signature = ''] = value.split('.');
    const log = service.logged.join('');
    assert.ok(id.length > 20 && signature.length > 20);
    assert.equal(log.includes(id), false);
    assert.equal(log.includes(signature), false);
  });
});

type Log = ReturnType<typeof createLog>;

function open(level = 'info') {
  const lines: string[] = [];
  return { log: createLog(level, { write: (line) => lines.push(line) }), lines };
}

function assertOneEntryEach(lines: readonly string[]): void {
  for (const line of lines) {
    assert.match(line, /^[^\r\n]+\n$/);
    assert.notEqual(JSON.parse(line).level, 60);
  }
}
