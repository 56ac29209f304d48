import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDirectoryService, type DirectoryService } from '../support/directory-service.ts';
import { createManualClock, type ManualClock, settle } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const FIND = 'POST /api/v1/users/actions/filter';
const MINUTE = 60_000;

/** A service whose clock, and whose tenant's, the test moves. */
async function onClock(
  t: Parameters<typeof createDirectoryService>[0],
  mapping: 'lookup' | 'provision',
  users: { id: string; email?: string; groups?: string[] }[],
): Promise<{ service: DirectoryService; clock: ManualClock }> {
  const clock = createManualClock(Date.now());
  return { clock, service: await createDirectoryService(t, { mapping, users, clock }) };
}

function finds(service: DirectoryService): number {
  return service.asked().filter((call) => call === FIND).length;
}

describe('who was found', () => {
  test('is looked up again after USER_REMEMBER, behind an answer', async (t) => {
    const { service, clock } = await onClock(t, 'lookup', [{ id: 'ada' }]);
    const cookie = await service.login('ada');
    await service.ask(cookie);
    await clock.advance(15 * MINUTE - 1);
    await service.ask(cookie);
    assert.equal(finds(service), 1);

    await clock.advance(1);
    service.sandbox.faults.add({ match: { path: '/api/v1/*' }, effect: { type: 'hang' }, times: 1 });
    assert.equal((await service.ask(cookie)).statusCode, 200);
    assert.equal((await service.ask(cookie)).statusCode, 200);
    await until(() => finds(service) === 2);
    assert.equal(service.mints(), 1);
  });

  test('stays known while the tenant cannot be asked, and is looked up again a minute later', async (t) => {
    const { service, clock } = await onClock(t, 'lookup', [{ id: 'ada' }]);
    const cookie = await service.login('ada');
    await service.ask(cookie);
    await clock.advance(15 * MINUTE);
    service.sandbox.faults.add({
      match: { path: '/api/v1/*' },
      effect: { type: 'status', status: 400 },
      times: 1,
    });
    await service.ask(cookie);
    await until(() => service.entries('user.stale').length === 1);
    for (let request = 0; request < 5; request += 1)
      assert.equal((await service.ask(cookie)).statusCode, 200);
    assert.equal(finds(service), 2);
    await clock.advance(MINUTE);
    await service.ask(cookie);
    await until(() => finds(service) === 3);
  });

  test('and is disabled since is refused once that is seen, and the token is revoked', async (t) => {
    const { service, clock } = await onClock(t, 'lookup', [{ id: 'ada' }]);
    const cookie = await service.login('ada');
    await service.ask(cookie);
    const [ada] = await service.usersWith('ada');
    await service.admin('PATCH', `/users/${ada?.id}`, [
      { op: 'replace', path: '/status', value: 'disabled' },
    ]);
    await clock.advance(15 * MINUTE);
    await service.ask(cookie);
    await until(async () => (await service.ask(cookie)).statusCode === 403);
    assert.equal((await service.ask(cookie)).json().code, 'user_disabled');
    await until(() => service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  test('and whom the tenant does not know at a mint is looked up at once, and created again', async (t) => {
    const { service, clock } = await onClock(t, 'provision', [{ id: 'frida' }, { id: 'ada' }]);
    const cookie = await service.login('frida');
    await service.ask(cookie);
    const [frida] = await service.usersWith('frida');
    await service.admin('DELETE', `/users/${frida?.id}`);
    // The page reports the token, the tenant refuses it, and the mint meets a user who is gone.
    await clock.advance(MINUTE);
    await service.first('ada');
    const response = await service.fetch({
      method: 'POST',
      url: '/qlik-token',
      cookie,
      payload: { rejected: true },
    });
    assert.equal(response.statusCode, 200, response.body);
    assert.equal(await service.ownerOf(response), 'frida');
    assert.notEqual((await service.usersWith('frida'))[0]?.id, frida?.id);
  });

  test('only just now is not looked up again for the tenant’s doubt', async (t) => {
    const { service } = await onClock(t, 'lookup', [{ id: 'ada' }, { id: 'bruno' }]);
    await service.first('bruno');
    service.sandbox.faults.add({
      match: { path: '/oauth/token', grantType: 'urn:qlik:oauth:user-impersonation' },
      effect: { type: 'status', status: 401 },
    });
    const cookie = await service.login('ada');
    for (let request = 0; request < 5; request += 1)
      assert.equal((await service.ask(cookie)).json().code, 'user_not_mapped');
    assert.equal(finds(service), 2);
    assert.equal(service.mints(), 2);
  });

  test('is forgotten with the last session, not before', async (t) => {
    const { service } = await onClock(t, 'lookup', [{ id: 'ada' }]);
    const [here, there] = [await service.login('ada'), await service.login('ada')];
    await service.ask(here);
    await service.fetch({ method: 'POST', url: '/logout', cookie: here });
    await service.ask(there);
    assert.equal(finds(service), 1);
    await service.fetch({ method: 'POST', url: '/logout', cookie: there });
    await service.first('ada');
    assert.equal(finds(service), 2);
    await until(() => service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  test('under one e-mail is not who is found under another', async (t) => {
    const { service } = await onClock(t, 'lookup', [
      { id: 'x', email: 'ada.lindqvist@example.com' },
      { id: 'y', email: 'bruno.carvalho@example.com' },
    ]);
    assert.equal(await service.ownerOf(await service.first('x')), 'ada');
    assert.equal(await service.ownerOf(await service.first('y')), 'bruno');
  });
});

describe('who was refused', () => {
  test('is asked for again after 30 seconds', async (t) => {
    const { service, clock } = await onClock(t, 'lookup', [{ id: 'frida' }]);
    const cookie = await service.login('frida');
    assert.equal((await service.ask(cookie)).json().code, 'user_not_mapped');
    await service.admin('POST', '/users', { subject: 'frida' });
    await clock.advance(30_000 - 1);
    assert.equal((await service.ask(cookie)).json().code, 'user_not_mapped');
    await clock.advance(1);
    assert.equal((await service.ask(cookie)).statusCode, 200);
    assert.equal(finds(service), 2);
  });
});

describe('a sign-out during a look-up', () => {
  test('leaves nothing behind: no mint, and the old cookie is 401', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: 'ada' }] });
    service.sandbox.faults.add({ match: { path: '/api/v1/*' }, effect: { type: 'latency', delayMs: 300 } });
    const cookie = await service.login('ada');
    const asking = service.ask(cookie);
    await until(() => finds(service) === 1);
    await service.fetch({ method: 'POST', url: '/logout', cookie });
    assert.equal((await asking).statusCode, 401);
    await settle();
    assert.equal(service.mints(), 0);
  });

  test('while another session stays: that one gets its token', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: [{ id: 'ada' }] });
    service.sandbox.faults.add({ match: { path: '/api/v1/*' }, effect: { type: 'latency', delayMs: 300 } });
    const [leaves, stays] = [await service.login('ada'), await service.login('ada')];
    const [late, kept] = [service.ask(leaves), service.ask(stays)];
    await until(() => finds(service) === 1);
    await service.fetch({ method: 'POST', url: '/logout', cookie: leaves });
    assert.deepEqual([(await late).statusCode, (await kept).statusCode], [401, 200]);
    assert.equal(service.mints(), 1);
  });
});
