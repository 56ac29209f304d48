import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { IsDenied } from '../../src/tenant/deny-list.ts';
import type { TokenTenant } from '../../src/token/tenant-of.ts';
import { keepToken } from '../../src/token/token.ts';
import type { TokenKey } from '../../src/token/token-key.ts';
import { createTokenShare } from '../../src/token/token-share.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTokenBench, partitionOf, subjectOf } from './token-bench.ts';

const ada = subjectOf('ada');
const identity = { id: 'sub-ada', subject: 'ada' };
const HOUR = 3_600_000;
const KEY = `{${ada.owner}}:token`;

function tenantWith(isDenied: IsDenied): TokenTenant {
  return { isDenied, tokenClient: createTokenBench().tokenClient };
}

function open(isDenied: (qlikUser: string) => boolean = () => false) {
  const clock = createManualClock();
  const store = createMemoryStore(clock);
  const share = createTokenShare({
    store,
    partitionOf,
    tenantOf: () => tenantWith(isDenied),
    clock,
  });
  const issued = {
    accessToken: 'a.b-c_d',
    scope: 'user_default',
    scopes: [],
    lifetimeMs: 6 * HOUR,
    subject: 'ada',
  };
  const token = (generation = '') => keepToken(issued, generation, clock.now(), 600_000, 0.5, 0);
  const plant = (value: string) =>
    store.put(KEY, value, { lifetimeMs: HOUR, partition: partitionOf(ada.owner), generation: '' });
  return { clock, store, share, token, plant };
}

it('a token that is kept is read as it was', async () => {
  const { share, token } = open();
  const kept = await share.keep(ada, token(), identity);
  assert.deepEqual(kept, token());
  assert.deepEqual(await share.read(ada), { generation: '', token: token(), isAnothers: false });
});

it('a token ends, and is renewed, at the same time for each replica, however wrong its clock is', async () => {
  const { store, share, token, clock } = open();
  await share.keep(ada, token(), identity);
  const late = createTokenShare({
    store,
    partitionOf,
    tenantOf: () => tenantWith(() => false),
    clock: { ...clock, now: () => clock.now() - HOUR },
  });
  const read = (await late.read(ada)).token;
  assert.equal(read?.expiresAt, token().expiresAt - HOUR);
  assert.equal(read?.renewAt, token().renewAt - HOUR);
});

it('a token that has ended is missing', async () => {
  const { clock, share, token } = open();
  await share.keep(ada, token(), identity);
  await clock.advance(6 * HOUR);
  assert.equal((await share.read(ada)).token, undefined);
});

it('a late writer neither overwrites a newer token nor brings back a revoked one', async () => {
  const { share, token } = open();
  const late = token('');
  const { generation } = await share.end(ada.owner);
  assert.equal(await share.keep(ada, late, identity), undefined);
  assert.deepEqual(await share.read(ada), { generation, token: undefined, isAnothers: false });
  await share.keep(ada, { ...token(generation), accessToken: 'newer' }, identity);
  assert.equal(await share.keep(ada, late, identity), undefined);
  assert.equal((await share.read(ada)).token?.accessToken, 'newer');
});

it('what ends tells which token that was', async () => {
  const { share, token } = open();
  assert.equal((await share.end(ada.owner)).accessToken, undefined);
  const { generation } = await share.end(ada.owner);
  await share.keep(ada, token(generation), identity);
  assert.equal((await share.end(ada.owner)).accessToken, 'a.b-c_d');
});

it('a token for another Qlik user, tenant, client or scope is missing', async () => {
  const { share, token } = open();
  await share.keep(ada, token(), identity);
  const { tenant } = ada;
  const others: [TokenKey, isAnothers: boolean][] = [
    [{ ...ada, lookup: { field: 'subject', value: 'admin' } }, true],
    [{ ...ada, lookup: { field: 'userId', value: 'ada' } }, true],
    [{ ...ada, tenant: { ...tenant, url: 'https://other.eu.qlikcloud.com' } }, false],
    [{ ...ada, tenant: { ...tenant, clientId: 'other' } }, false],
    [{ ...ada, tenant: { ...tenant, scope: 'other' } }, false],
  ];
  for (const [other, isAnothers] of others)
    assert.deepEqual(await share.read(other), { generation: '', token: undefined, isAnothers });
});

it('given a mapping that has found the user at the tenant, nothing is missing', async () => {
  const { share, token } = open();
  const checked: TokenKey = { ...ada, checked: true };
  await share.keep(checked, token(), { id: 'sub-ada' });
  assert.ok((await share.read(checked)).token);
  assert.equal((await share.read(ada)).token, undefined);
});

// Guards against a deny list that a restart would not enforce.
it('a token of a Qlik user who is denied by now is missing', async () => {
  const { share, token, store, clock } = open();
  await share.keep(ada, token(), identity);
  const isDenied = (qlikUser: string) => qlikUser === 'sub-ada';
  const stricter = createTokenShare({
    store,
    partitionOf,
    tenantOf: () => tenantWith(isDenied),
    clock,
  });
  assert.equal((await stricter.read(ada)).token, undefined);
  assert.ok((await share.read(ada)).token);
});

it('garbage is as good as missing, and the next token takes its place', async () => {
  const { share, token, store, plant } = open();
  await share.keep(ada, token(), identity);
  const good = (await store.peek(KEY))?.value as string;
  const [facts = '', accessToken] = good.split('\n');
  const withFacts = (change: object) =>
    `${JSON.stringify({ ...JSON.parse(facts), ...change })}\n${accessToken}`;
  for (const garbage of [
    '',
    '\n',
    'null\ntoken',
    '[]\ntoken',
    facts,
    `${facts}\n`,
    `${facts}\nto ken`,
    `${facts}\ntoken\r\nset-cookie: x`,
    good.slice(0, 20),
    good.slice(1),
    withFacts({ v: 1 }),
    withFacts({ client: 'another client' }),
    withFacts({ client: undefined }),
    withFacts({ user: undefined }),
    withFacts({ scope: 7 }),
    withFacts({ renewBeforeMs: '600000' }),
    withFacts({ renewBeforeMs: -1 }),
    withFacts({ scope: 'a"b' }),
    withFacts({ renewBeforeMs: null }),
    withFacts({ identity: 'ada' }),
    withFacts({ identity: { id: 7 } }),
    // Of this user the tenant has not told both id and subject.
    withFacts({ identity: { id: 'sub-ada' } }),
    withFacts({ identity: {} }),
  ]) {
    await plant(garbage);
    assert.deepEqual(await share.read(ada), { generation: '', token: undefined, isAnothers: false }, garbage);
    assert.ok(await share.keep(ada, token(), identity));
    assert.ok((await share.read(ada)).token);
  }
});
