import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { createLocalJWKSet, errors } from 'jose';
import type { RequiredClaim } from '../../src/config/portal-config.ts';
import type { BrokerEvent } from '../../src/events.ts';
import { createKeysByKid } from '../../src/portal/keys-by-kid.ts';
import { createPublishedKeys } from '../../src/portal/published-keys.ts';
import { createSignedGatewayAuth } from '../../src/portal/signed-gateway.ts';
import { startKeyPage } from '../support/assertions.ts';
import { heapUsed } from '../support/heap-used.ts';
import { jwt, rs256, type SigningKey, signingKey } from '../support/jwt.ts';
import { loginPolicy } from '../support/login-policy.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { DIRECTLY } from '../support/outbound.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const HEADER = 'x-jwt';
const NOTHING = {
  names: { id: 'sub', email: 'email', name: 'name', groups: 'groups', groupMembers: [], others: [] },
  trustEmail: false,
};
const one = signingKey('one');
const two = signingKey('two');

/** A gateway whose keys count how often one is looked for: once for each verification. */
function bench(required: readonly RequiredClaim[] = []) {
  const events: BrokerEvent[] = [];
  const state = {
    time: START,
    keys: [one],
    generation: 1,
    looked: 0,
    trouble: undefined as Error | undefined,
  };
  const auth = createSignedGatewayAuth({
    header: HEADER,
    issuer: 'i',
    purpose: { audience: 'a' },
    keys: {
      async find(header, token) {
        state.looked += 1;
        if (state.trouble) throw state.trouble;
        return createLocalJWKSet({ keys: state.keys.map(({ jwk }) => jwk) as never })(header, token);
      },
      generation: () => state.generation,
    },
    claims: NOTHING,
    required,
    policy: loginPolicy({ required }),
    trustedProxies: [],
    now: () => state.time,
    emit: (event) => events.push(event),
  });
  return {
    state,
    events,
    token(sub: unknown = 'ada', lifetime = 300, key: SigningKey = one) {
      const iat = state.time / 1_000;
      const claims = { iss: 'i', aud: 'a', sub, iat, exp: iat + lifetime };
      return jwt({ alg: 'RS256', kid: key.kid }, claims, rs256(key));
    },
    ask: (token: string) =>
      auth.authenticate({ peer: '10.0.0.2', rawHeaders: [HEADER, token] }).then(
        ({ id }) => id,
        (error) => error.code,
      ),
  };
}

describe('a JWT of the gateway', () => {
  test('that 1,000 requests bring, one after the other, is verified once', async () => {
    const { state, token, ask } = bench();
    const own = token();
    for (let n = 0; n < 1_000; n += 1) assert.equal(await ask(own), 'ada');
    assert.equal(state.looked, 1);
  });

  test('that 1,000 requests bring at once is verified once', async () => {
    const { state, token, ask } = bench();
    const own = token();
    const users = await Promise.all(Array.from({ length: 1_000 }, () => ask(own)));
    assert.deepEqual(new Set(users), new Set(['ada']));
    assert.equal(state.looked, 1);
  });

  test('is remembered until its exp, and not beyond', async () => {
    const { state, token, ask } = bench();
    const own = token('ada', 60);
    await ask(own);
    state.time += 60_000 - 1;
    await ask(own);
    assert.equal(state.looked, 1);
    state.time += 1;
    // The clocks may differ.
    assert.equal(await ask(own), 'ada');
    assert.equal(state.looked, 2);
    state.time += 30_000;
    assert.equal(await ask(own), 'session_required');
  });

  test('is verified again once other keys are published, and is worth nothing when its key is gone', async () => {
    const { state, token, ask } = bench();
    const own = token();
    await ask(own);
    Object.assign(state, { keys: [one, two], generation: 2 });
    assert.equal(await ask(own), 'ada');
    assert.equal(await ask(own), 'ada');
    assert.equal(state.looked, 2);
    Object.assign(state, { keys: [two], generation: 3 });
    assert.equal(await ask(own), 'session_required');
  });

  test('that is remembered needs no keys', async () => {
    const { state, token, ask } = bench();
    const own = token();
    await ask(own);
    state.trouble = new Error('away');
    assert.equal(await ask(own), 'ada');
    assert.notEqual(await ask(token('bruno')), 'session_required');
  });

  test('that was refused is judged anew each time', async () => {
    const { state, token, ask } = bench();
    const own = token('ada', 300, two);
    assert.equal(await ask(own), 'session_required');
    state.keys = [one, two];
    assert.equal(await ask(own), 'ada');
  });

  test('that differs in one character is another one', async () => {
    const { token, ask } = bench();
    const own = token();
    await ask(own);
    const last = own.at(-1) === 'A' ? 'B' : 'A';
    assert.equal(await ask(own.slice(0, -2) + last + own.at(-1)), 'session_required');
    assert.equal(await ask(`${own}=`), 'session_required');
  });

  test('whose key was withdrawn while it was verified is not remembered as good', async () => {
    const { state, token, ask } = bench();
    const own = token();
    const asked = ask(own);
    // The key was found by now, and the signature is not verified yet.
    await Promise.resolve();
    await Promise.resolve();
    Object.assign(state, { keys: [two], generation: 2 });
    await asked;
    assert.equal(await ask(own), 'session_required');
  });
});

describe('the memory of JWTs', () => {
  test('keeps no claims, and what is required of them holds all the same', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { state, ask } = bench([{ claim: 'org', values: ['acme', 'emca'] }]);
    state.keys = [{ jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'ec' } }] as never;
    const iat = START / 1_000;
    const token = (jti: number, org: string) =>
      jwt(
        { alg: 'ES256', kid: 'ec' },
        {
          ...{ iss: 'i', aud: 'a', sub: 'ada', iat, exp: iat + 300, jti, org: ['other', org] },
          extra: 'x'.repeat(10_000),
        },
        (input) => sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      );
    await ask(token(-1, 'acme'));
    const empty = heapUsed();
    for (let n = 0; n < 1_000; n += 1) assert.equal(await ask(token(n, 'acme')), 'ada');
    assert.ok(heapUsed() - empty < 3_000_000, `${heapUsed() - empty} bytes are held`);
    const [good, bad] = [token(1_000, 'emca'), token(1_001, 'evil')];
    const before = state.looked;
    for (let n = 0; n < 3; n += 1) {
      assert.equal(await ask(good), 'ada');
      assert.equal(await ask(bad), 'sign_in_not_allowed');
    }
    assert.equal(state.looked, before + 2);
  });

  test('holds 10,000 users, and garbage takes the place of none', async () => {
    const { state, token, ask } = bench();
    const own = token();
    await ask(own);
    const garbage = jwt({ alg: 'RS256', kid: 'one' }, { sub: 'x' }, () => Buffer.alloc(256));
    for (let n = 0; n < 10_000; n += 1) await ask(`${garbage.slice(0, -8)}${String(n).padStart(8, '0')}`);
    const { looked } = state;
    assert.equal(await ask(own), 'ada');
    assert.equal(state.looked, looked);
  });

  test('forgets the oldest of more', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { state, ask } = bench();
    state.keys = [{ jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'ec' } }] as never;
    const iat = START / 1_000;
    const token = (sub: string) =>
      jwt({ alg: 'ES256', kid: 'ec' }, { iss: 'i', aud: 'a', sub, iat, exp: iat + 300 }, (input) =>
        sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      );
    const [first, second] = [token('first'), token('second')];
    await ask(first);
    await ask(second);
    for (let n = 0; n < 9_999; n += 1) await ask(token(randomUUID()));
    assert.equal(state.looked, 10_001);
    await ask(second);
    assert.equal(state.looked, 10_001);
    await ask(first);
    assert.equal(state.looked, 10_002);
  });
});

for (const [form, createKeys] of [
  ['/{kid}', createKeysByKid],
  ['/jwks.json', createPublishedKeys],
] as const) {
  test(`of 10,000 JWTs with a key of a name each, one makes the gateway’s ${form} be asked`, async (t) => {
    const clock = createManualClock();
    const page = await startKeyPage(t, { keys: [] });
    if (form === '/{kid}') page.answer = (_, response) => response.writeHead(404).end();
    const url = new URL('/', page.url).href.slice(0, -1) + form;
    const keys = createKeys({ outbound: DIRECTLY, url, clock, timeoutMs: 5_000, emit() {} });
    t.after(() => keys.close());
    const auth = createSignedGatewayAuth({
      ...{ header: HEADER, issuer: 'i', keys, now: clock.wall, trustedProxies: [], emit() {} },
      purpose: form === '/{kid}' ? { signer: 'arn:a', client: undefined } : { audience: 'a' },
      claims: NOTHING,
      required: [],
      policy: loginPolicy(),
    });
    const codes = new Set<string>();
    const ask = async (kid: string) => {
      const header = { alg: 'RS256', kid, iss: 'i', signer: 'arn:a', exp: clock.wall() / 1_000 + 60 };
      const token = jwt(header, { iss: 'i', aud: 'a' }, () => Buffer.alloc(256));
      const call = auth.authenticate({ peer: '10.0.0.2', rawHeaders: [HEADER, token] });
      codes.add(await call.catch(({ code }) => code));
    };
    await ask('first');
    assert.equal(page.asked, 1);
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => ask(`at-once-${n}`)));
    for (let n = 0; n < 5_000; n += 1) await ask(`in-turn-${n}`);
    assert.equal(page.asked, 1);
    clock.jump(30_000);
    await Promise.all(Array.from({ length: 100 }, (_, n) => ask(`later-${n}`)));
    assert.equal(page.asked, 2);
    assert.deepEqual(
      [...codes].sort(),
      form === '/{kid}' ? ['idp_unavailable', 'session_required'] : ['session_required'],
    );
  });
}

test('trouble with the keys is never called a bad JWT', async () => {
  const { state, events, token, ask } = bench();
  for (const trouble of [new errors.JWKSInvalid('x'), new Error('x'), new TypeError('x')]) {
    state.trouble = trouble;
    assert.equal(await ask(token(randomUUID())), 'idp_bad_response');
  }
  assert.deepEqual(events, []);
});
