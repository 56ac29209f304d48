import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rememberVerified } from '../../src/session/verified-ids.ts';
import { createTestService } from '../support/test-service.ts';
import { assertProblem } from './browser.ts';

const GENUINE = /^id-\d+\.good$/;

/** Checks signatures, and writes down for which values it was asked. */
function createVerifier(max: number) {
  const checked: string[] = [];
  const verify = rememberVerified((value) => {
    checked.push(value);
    return GENUINE.test(value) ? { id: value.split('.')[0] as string, renew: false } : undefined;
  }, max);
  return { verify, checked };
}

describe('the memory for signatures', () => {
  test('given a value that was right before, does not check it again', () => {
    const { verify, checked } = createVerifier(10);
    assert.deepEqual(verify('id-1.good'), { id: 'id-1', renew: false });
    assert.deepEqual(verify('id-1.good'), { id: 'id-1', renew: false });
    assert.equal(checked.length, 1);
  });

  test('given a forged value, checks it each time and never takes it, whatever was right before', () => {
    const { verify, checked } = createVerifier(10);
    verify('id-1.good');
    for (const forged of ['id-1.bad', 'id-1.goo', 'id-1.good ', 'id-2.bad', '']) {
      assert.equal(verify(forged), undefined);
      assert.equal(verify(forged), undefined);
      assert.equal(checked.filter((value) => value === forged).length, 2, forged);
    }
  });

  test('given more values than it holds, forgets the oldest', () => {
    const { verify, checked } = createVerifier(2);
    for (const id of [1, 2, 1, 3]) verify(`id-${id}.good`);
    checked.length = 0;
    verify('id-2.good');
    verify('id-3.good');
    assert.deepEqual(checked, []);
    verify('id-1.good');
    assert.deepEqual(checked, ['id-1.good']);
  });

  test('given any number of forged values, forgets none that is right', () => {
    const { verify, checked } = createVerifier(2);
    verify('id-1.good');
    for (let attempt = 0; attempt < 100; attempt += 1) verify(`id-1.bad${attempt}`);
    checked.length = 0;
    verify('id-1.good');
    assert.deepEqual(checked, []);
  });
});

test('given a cookie that was used before, a sign-out holds at once', async (t) => {
  const service = await createTestService(t);
  const cookie = await service.login('ada');
  for (let visit = 0; visit < 3; visit += 1) {
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  }
  await service.fetch({ method: 'POST', url: '/logout', cookie });
  assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
});
