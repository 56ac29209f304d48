import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { assertProblem, assertRemoved } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

describe('a sign-out', () => {
  test('ends its own session and no other of the user', async (t) => {
    const { service } = await open(t);
    const [desk, phone] = [await service.login('ada'), await service.login('ada')];

    const response = await service.fetch({ method: 'POST', url: '/logout', cookie: desk });

    assert.equal(response.statusCode, 200);
    assertRemoved(response);
    await assertSignedOut(service, desk);
    await assertSignedIn(service, phone, 'ada');
  });

  test('keeps the user’s token while another session is left, and revokes it with the last one', async (t) => {
    const { service } = await open(t);
    const [desk, phone] = [await service.login('ada'), await service.login('ada')];
    await service.fetch({ url: '/qlik-token', cookie: desk });

    await service.fetch({ method: 'POST', url: '/logout', cookie: desk });
    await service.fetch({ url: '/qlik-token', cookie: phone });
    assert.equal(service.mints(), 1);

    await service.fetch({ method: 'POST', url: '/logout', cookie: phone });
    await until(() => service.entries('token.revoked').length === 1);
  });

  test('is seen by every replica at once', async (t) => {
    const store = createStoreProbe();
    const one = await createTestService(t, { store });
    const other = await createTestService(t, { store });
    const cookie = await one.login('ada');
    await other.fetch({ url: '/qlik-token', cookie });

    await one.fetch({ method: 'POST', url: '/logout', cookie });

    await assertSignedOut(other, cookie);
    assertProblem(await other.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
  });

  test('given nobody signed in, succeeds', async (t) => {
    const { service } = await open(t);

    const response = await service.fetch({ method: 'POST', url: '/logout' });

    assert.equal(response.statusCode, 200);
    assert.deepEqual(response.json(), {});
  });

  test('twice is no error', async (t) => {
    const { service } = await open(t);
    const cookie = await service.login('ada');

    for (const _ of [1, 2]) {
      const response = await service.fetch({ method: 'POST', url: '/logout', cookie });
      assert.equal(response.statusCode, 200);
      assertRemoved(response);
    }
  });

  test('by GET signs nobody out', async (t) => {
    const { service } = await open(t);
    const cookie = await service.login('ada');

    await service.fetch({ url: '/logout', cookie });

    await assertSignedIn(service, cookie, 'ada');
  });
});

describe('a sign-out everywhere', () => {
  test('ends each of the user’s sessions and no other user’s', async (t) => {
    const { service } = await open(t);
    const own = [await service.login('ada'), await service.login('ada'), await service.login('ada')];
    const bruno = await service.login('bruno');

    await service.fetch({
      method: 'POST',
      url: '/logout',
      cookie: own[1],
      payload: { everywhere: true },
    });

    for (const cookie of own) await assertSignedOut(service, cookie);
    await assertSignedIn(service, bruno, 'bruno');
  });

  test('by a form does the same', async (t) => {
    const { service } = await open(t);
    const [desk, phone] = [await service.login('ada'), await service.login('ada')];

    const response = await service.fetch({
      method: 'POST',
      url: '/logout',
      cookie: desk,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'everywhere=true',
    });

    assert.equal(response.statusCode, 303);
    await assertSignedOut(service, phone);
  });

  test('revokes the user’s token and keeps another’s', async (t) => {
    const { service } = await open(t);
    const [ada, bruno] = [await service.login('ada'), await service.login('bruno')];
    for (const cookie of [ada, bruno]) await service.fetch({ url: '/qlik-token', cookie });

    await service.fetch({ method: 'POST', url: '/logout', cookie: ada, payload: { everywhere: true } });

    await until(() => service.entries('token.revoked').length === 1);
    assert.equal(service.entries('token.revoked')[0]?.subject, 'ada');
    await service.fetch({ url: '/qlik-token', cookie: bruno });
    assert.equal(service.mints(), 2);
  });

  test('lets the user sign in again at once', async (t) => {
    const { service } = await open(t);
    const cookie = await service.login('ada');
    await service.fetch({ method: 'POST', url: '/logout', cookie, payload: { everywhere: true } });

    await assertSignedIn(service, await service.login('ada'), 'ada');
  });
});

async function open(t: TestContext): Promise<{ service: TestService }> {
  return { service: await createTestService(t) };
}

async function assertSignedIn(service: TestService, cookie: string, user: string): Promise<void> {
  const response = await service.fetch({ url: '/session', cookie });
  assert.equal(response.statusCode, 200);
  assert.equal(response.json().user.id, user);
}

async function assertSignedOut(service: TestService, cookie: string): Promise<void> {
  assertProblem(await service.fetch({ url: '/session', cookie }), 401, 'session_expired');
}
