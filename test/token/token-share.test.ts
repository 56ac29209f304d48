import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { IsDenied } from '../../src/tenant/deny-list.ts';
import type { TokenTenant } from '../../src/token/tenant-of.ts';
import { keepToken } from '../../src/token/token.ts';
import { createTokenShare } from '../../src/token/token-share.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTokenBench, partitionOf, subjectOf } from './token-bench.ts';

const ada = subjectOf('ada');
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
    now: clock.now,
  });
  const issued = { accessToken: 'a.b-c_d', scope: 'user_default', lifetimeMs: 6 * HOUR, subject: 'ada' };
  const token = (generation = '') => keepToken(issued, generation, clock.now(), 600_000, 0.5);
  const plant = (value: string) =>
    store.put(KEY, value, { lifetimeMs: HOUR, partition: partitionOf(ada.owner), generation: '' });
  return { clock, store, share, token, plant };
}

it('a token that is kept is read as it was', async () => {
  const { share, token } = open();
  const kept = await share.keep(ada, token(), 'sub-ada');
  assert.deepEqual(kept, token());
  assert.deepEqual(await share.read(ada), { generation: '', token: token() });
});

it('a token ends, and is renewed, at the same time for each replica, however wrong its clock is', async () => {
  const { store, share, token, clock } = open();
  await share.keep(ada, token(), undefined);
  const late = createTokenShare({
    store,
    partitionOf,
    tenantOf: () => tenantWith(() => false),
    now: () => clock.now() - HOUR,
  });
  const read = (await late.read(ada)).token;
  assert.equal(read?.expiresAt, token().expiresAt - HOUR);
  assert.equal(read?.renewAt, token().renewAt - HOUR);
});

it('a token that has ended is missing', async () => {
  const { clock, share, token } = open();
  await share.keep(ada, token(), undefined);
  await clock.advance(6 * HOUR);
  assert.equal((await share.read(ada)).token, undefined);
});

it('a late writer neither overwrites a newer token nor brings back a revoked one', async () => {
  const { share, token } = open();
  const late = token('');
  const { generation } = await share.end(ada.owner);
  assert.equal(await share.keep(ada, late, undefined), undefined);
  assert.deepEqual(await share.read(ada), { generation, token: undefined });
  await share.keep(ada, { ...token(generation), accessToken: 'newer' }, undefined);
  assert.equal(await share.keep(ada, late, undefined), undefined);
  assert.equal((await share.read(ada)).token?.accessToken, 'newer');
});

it('what ends tells which token that was', async () => {
  const { share, token } = open();
  assert.equal((await share.end(ada.owner)).accessToken, undefined);
  const { generation } = await share.end(ada.owner);
  await share.keep(ada, token(generation), undefined);
  assert.equal((await share.end(ada.owner)).accessToken, 'a.b-c_d');
});

it('a token for another Qlik user, tenant, client or scope is missing', async () => {
  const { share, token } = open();
  await share.keep(ada, token(), undefined);
  const { tenant } = ada;
  for (const other of [
    { ...ada, lookup: { field: 'subject' as const, value: 'admin' } },
    { ...ada, lookup: { field: 'userId' as const, value: 'ada' } },
    { ...ada, tenant: { ...tenant, url: 'https://other.eu.qlikcloud.com' } },
    { ...ada, tenant: { ...tenant, clientId: 'other' } },
    { ...ada, tenant: { ...tenant, scope: 'other' } },
  ])
    assert.equal((await share.read(other)).token, undefined);
});

// Guards against a deny list that a restart would not enforce.
it('a token of a Qlik user who is denied by now is missing', async () => {
  const { share, token, store, clock } = open();
  await share.keep(ada, token(), 'sub-ada');
  const isDenied = (qlikUser: string) => qlikUser === 'sub-ada';
  const stricter = createTokenShare({
    store,
    partitionOf,
    tenantOf: () => tenantWith(isDenied),
    now: clock.now,
  });
  assert.equal((await stricter.read(ada)).token, undefined);
  assert.ok((await share.read(ada)).token);
});

it('garbage is as good as missing, and the next token takes its place', async () => {
  const { share, token, store, plant } = open();
  await share.keep(ada, token(), undefined);
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
    withFacts({ v: 2 }),
    withFacts({ for: 'somebody else' }),
    withFacts({ scope: 7 }),
    withFacts({ renewBeforeMs: '600000' }),
    withFacts({ renewBeforeMs: -1 }),
    withFacts({ scope: 'a"b' }),
    withFacts({ renewBeforeMs: null }),
    withFacts({ qlikUser: {} }),
  ]) {
    await plant(garbage);
    assert.deepEqual(await share.read(ada), { generation: '', token: undefined }, garbage);
    assert.ok(await share.keep(ada, token(), undefined));
    assert.ok((await share.read(ada)).token);
  }
});
