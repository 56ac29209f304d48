import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type FastifyInstance, fastify } from 'fastify';
import { Secret } from '../../src/config/secret.ts';
import { createSessionCookie } from '../../src/session/session-cookie.ts';
import { newSessionId, sessionKey } from '../../src/session/session-id.ts';
import { discardSession, registerSessionPlugin } from '../../src/session/session-plugin.ts';
import { createSessions } from '../../src/session/sessions.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { settle } from '../support/manual-clock.ts';
import { SECRET_A } from '../support/test-service.ts';
import { COOKIE, cookieFate } from './browser.ts';
import { createStoreProbe, type StoreProbe, WRITES } from './store-probe.ts';

// What routes of later modes could do with the plugin, tried on routes made for it.
describe('the session plugin', () => {
  test('given an anonymous visitor, stores nothing and sets no cookie, also when something is put into the session', async (t) => {
    const { app, store } = await open(t);

    for (const url of ['/read', '/scribble', '/save', '/regenerate']) {
      const response = await app.inject({ url });
      assert.equal(response.statusCode, 200);
      assert.equal(store.count('create', 'replace'), 0, url);
    }
    assert.equal((await app.inject({ url: '/read' })).headers['set-cookie'], undefined);
  });

  test('given somebody who is signed in and only reads, writes nothing and sets no cookie', async (t) => {
    const { app, store, cookie } = await loggedIn(t);
    store.clear();

    const response = await app.inject({ url: '/read', headers: { cookie } });

    assert.equal(response.json().user, 'ada');
    assert.equal(response.headers['set-cookie'], undefined);
    assert.equal(store.count(...WRITES, 'use'), 0);
  });

  // Guards against a slow request that brings back the session that was ended meanwhile.
  test('given a sign-out while a request that writes is in flight, the session stays dead', async (t) => {
    const { app, store, cookie, finish } = await loggedIn(t);
    const slow = app.inject({ url: '/slow-rename', headers: { cookie } });
    await settle();
    await app.inject({ url: '/destroy', headers: { cookie } });
    finish();

    assert.notEqual((await slow).statusCode, 200);
    assert.equal((await app.inject({ url: '/read', headers: { cookie } })).json().user, null);
    assert.equal(store.count('create'), 1);
  });

  test('given two requests that write at once, one of them is told, and none overwrites the other', async (t) => {
    const { app, cookie, finish } = await loggedIn(t);
    const slow = app.inject({ url: '/slow-rename', headers: { cookie } });
    await settle();
    const quick = await app.inject({ url: '/rename?to=Quick', headers: { cookie } });
    finish();

    assert.equal(quick.statusCode, 200);
    assert.equal((await slow).statusCode, 500);
    assert.equal((await app.inject({ url: '/read', headers: { cookie } })).json().name, 'Quick');
  });

  test('given a session that is written, its limits stay', async (t) => {
    const { app, store, cookie } = await loggedIn(t);
    const [key = ''] = keysOf(store);
    const before = await store.peek(key);

    await app.inject({ url: '/rename?to=Quick', headers: { cookie } });

    const after = await store.peek(key);
    assert.ok((after?.idleRemainingMs ?? 0) <= (before?.idleRemainingMs ?? 0));
  });

  test('given regenerate, the old record is gone and no anonymous one is there', async (t) => {
    const { app, store, cookie } = await loggedIn(t);
    const [key = ''] = keysOf(store);

    await app.inject({ url: '/regenerate', headers: { cookie } });

    assert.equal(await store.peek(key), undefined);
    assert.equal(keysOf(store).length, 1, 'a second record was created');
  });

  test('given destroy, the record is gone', async (t) => {
    const { app, store, cookie } = await loggedIn(t);

    await app.inject({ url: '/destroy', headers: { cookie } });

    assert.equal(await store.peek(keysOf(store)[0] ?? ''), undefined);
  });

  test('given reload of a session that has ended, it is not brought back', async (t) => {
    const { app, store, cookie } = await loggedIn(t);

    const response = await app.inject({ url: '/reload-after-end', headers: { cookie } });

    assert.equal(response.json().user, null);
    assert.equal(store.count('create'), 1);
  });

  test('given 100 sign-ins, no two sessions have the same id, and none can be guessed', async (t) => {
    const { app, store } = await open(t);
    for (let n = 0; n < 100; n++) await app.inject({ url: '/sign-in' });

    assert.equal(new Set(keysOf(store)).size, 100);
    const ids = Array.from({ length: 100 }, () => newSessionId({ id: 'ada' }));
    assert.equal(new Set(ids).size, 100);
    for (const id of ids) assert.ok(Buffer.from(id.slice(16), 'base64url').length >= 16, 'at least 128 bits');
  });

  for (const [what, error] of [
    ['is away', new StoreUnavailableError()],
    ['fails with ENOENT, as for a socket that is not there', errno('ENOENT')],
  ] as const) {
    // Guards against @fastify/session taking ENOENT for "no such session".
    test(`given a store that ${what}, nobody is taken for signed out`, async (t) => {
      const { app, store, cookie } = await loggedIn(t);
      store.failWith(error);

      const response = await app.inject({ url: '/read', headers: { cookie } });

      assert.equal(response.statusCode, 500);
      assert.deepEqual(cookieFate(response, COOKIE), { kept: true });
    });
  }
});

function keysOf(store: StoreProbe): string[] {
  return store.calls.filter((call) => call.startsWith('create ')).map((call) => call.slice(7));
}

function errno(code: string): Error {
  return Object.assign(new Error('canary'), { code });
}

interface Opened {
  readonly app: FastifyInstance;
  readonly store: StoreProbe;
  /** Lets the slow request go on. */
  finish(): void;
}

async function open(t: TestContext): Promise<Opened> {
  const store = createStoreProbe();
  const app = fastify();
  const { promise, resolve } = deferred();
  t.after(async () => {
    await app.close();
    await store.close();
  });
  app.setErrorHandler((_error, request, reply) => {
    discardSession(request);
    return reply.code(500).send({});
  });
  await app.register(async (scope) => {
    await registerSessionPlugin(scope, {
      cookie: createSessionCookie({
        publicUrl: new URL('http://localhost'),
        secrets: [new Secret(SECRET_A)],
        sameSite: 'lax',
      }),
      sessions: createSessions({ store, limits: { idleMs: 60_000, lifetimeMs: 600_000 } }),
    });
    scope.get('/sign-in', async (request) => {
      request.loggingIn = { id: 'ada' };
      await request.session.regenerate();
      request.session.user = { id: 'ada' };
      await request.session.save();
      return {};
    });
    scope.get('/read', async ({ session }) => ({
      user: session.user?.id ?? null,
      name: session.user?.name ?? null,
    }));
    scope.get('/scribble', async (request) => {
      Object.assign(request.session, { scribble: 'x' });
      return {};
    });
    scope.get('/save', async (request) => {
      await request.session.save();
      return {};
    });
    scope.get('/regenerate', async (request) => {
      await request.session.regenerate();
      return {};
    });
    scope.get('/destroy', async (request) => {
      await request.session.destroy();
      return {};
    });
    scope.get<{ Querystring: { to: string } }>('/rename', async (request) => {
      request.session.user = { id: 'ada', name: request.query.to };
      return {};
    });
    scope.get('/slow-rename', async (request) => {
      await promise;
      request.session.user = { id: 'ada', name: 'Slow' };
      return {};
    });
    scope.get('/reload-after-end', async (request) => {
      await store.remove(sessionKey(request.session.sessionId));
      await request.session.reload();
      return { user: request.session.user?.id ?? null };
    });
  });
  return { app, store, finish: resolve };
}

async function loggedIn(t: TestContext): Promise<Opened & { readonly cookie: string }> {
  const opened = await open(t);
  const fate = cookieFate(await opened.app.inject({ url: '/sign-in' }), COOKIE);
  assert.ok('header' in fate);
  return { ...opened, cookie: fate.header };
}

function deferred(): { promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
