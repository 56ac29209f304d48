import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { createGatewayAuth, type GatewayEvidence } from '../../src/portal/gateway.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';

const SECRET = 'correct-horse-battery-staple-0123456789';
const headers = {
  secret: 'x-proxy-secret',
  user: 'x-forwarded-user',
  email: 'x-forwarded-email',
  name: 'x-forwarded-name',
  groups: 'x-forwarded-groups',
  tenant: 'x-forwarded-tenant',
} as const;

interface Options {
  peer?: string | undefined;
  secret?: string[];
  trustEmail?: boolean;
  names?: Partial<Record<keyof typeof headers, string | null>>;
}

/** As Node hands out what was sent as UTF-8. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');

/** Whom these headers prove, sent by the gateway unless the options say otherwise; or the code of the refusal. */
async function proven(sent: [string, string][], options: Options = {}): Promise<PortalUser | string> {
  const { secret = [SECRET], trustEmail = false, names } = options;
  const peer = 'peer' in options ? options.peer : '10.0.0.2';
  const auth = createGatewayAuth({
    trustedProxies: ['10.0.0.0/24'],
    secret: new Secret(SECRET),
    headers: { ...headers, ...names } as typeof headers,
    trustEmail,
    emit() {},
  });
  const proofs = secret.map((value): [string, string] => ['X-Proxy-Secret', value]);
  const evidence: GatewayEvidence = { peer, rawHeaders: [['Host', 'x'], ...proofs, ...sent].flat() };
  return auth.authenticate(evidence).catch((error) => {
    assert.ok(error instanceof LoginRefusedError, error);
    assert.ok(!error.message.includes(SECRET) && !error.message.includes('ada'), error.message);
    return error.code;
  });
}

const ADA: [string, string] = ['X-Forwarded-User', 'ada'];

describe('the gateway', () => {
  test('says who it is, with all that it knows', async () => {
    const sent: [string, string][] = [
      ['x-forwarded-USER', 'ada'],
      ['X-Forwarded-Email', 'ada@example.com'],
      ['X-Forwarded-Name', bytes('Lindqvist, Ada Åse')],
      ['X-Forwarded-Groups', bytes(' Sales, , Vertrieb Süd ,Sales')],
      ['X-Forwarded-Tenant', 'acme'],
    ];
    assert.deepEqual(await proven(sent, { trustEmail: true }), {
      id: 'ada',
      name: 'Lindqvist, Ada Åse',
      email: 'ada@example.com',
      groups: ['Sales', 'Vertrieb Süd'],
      tenant: 'acme',
    });
  });

  test('need not know more than the user; empty headers are none', async () => {
    assert.deepEqual(await proven([ADA]), { id: 'ada' });
    const empty = ['Email', 'Name', 'Groups', 'Tenant'].map((what): [string, string] => [
      `X-Forwarded-${what}`,
      '',
    ]);
    assert.deepEqual(await proven([ADA, ...empty]), { id: 'ada' });
  });

  test('says with a comma alone that there are no groups, which is not the same as saying nothing', async () => {
    assert.deepEqual(await proven([ADA, ['X-Forwarded-Groups', ',']]), { id: 'ada', groups: [] });
  });

  test('cuts spaces and tabs from groups, and nothing that is part of a name', async () => {
    const names = ['voilà', 'Sales\u00a0', '\u3000Ventes', '\ufeffa'];
    const sent: [string, string][] = [
      ADA,
      ['X-Forwarded-Groups', bytes(names.map((name) => `\t ${name} `).join())],
    ];
    assert.deepEqual(await proven(sent), { id: 'ada', groups: names });
  });

  test('vouches for no e-mail, unless the operator does', async () => {
    const sent: [string, string][] = [ADA, ['X-Forwarded-Email', 'ada@example.com']];
    assert.deepEqual(await proven(sent), { id: 'ada' });
    assert.deepEqual(await proven(sent, { trustEmail: true }), { id: 'ada', email: 'ada@example.com' });
  });

  test('may call its headers otherwise; those that are not named are not read', async () => {
    const names = { user: 'remote-user', groups: null, tenant: null };
    const sent: [string, string][] = [
      ['Remote-User', 'bruno'],
      ADA,
      ['X-Forwarded-User', 'eve'],
      ['X-Forwarded-Groups', 'Admins'],
      ['X-Forwarded-Tenant', 'other'],
    ];
    assert.deepEqual(await proven(sent, { names }), { id: 'bruno' });
  });

  test('that names nobody signs in nobody', async () => {
    assert.equal(await proven([]), 'session_required');
    assert.equal(await proven([['X-Forwarded-User', '']]), 'session_required');
    assert.equal(await proven([['X-Forwarded-Email', 'ada@example.com']]), 'session_required');
  });
});

describe('without the gateway’s proof the headers are not read', () => {
  const others: [string, Options][] = [
    ['another peer', { peer: '10.0.1.2' }],
    ['a peer without an address', { peer: undefined }],
    ['a mapped address outside', { peer: '::ffff:10.0.1.2' }],
    ['no secret', { secret: [] }],
    ['an empty secret', { secret: [''] }],
    ['another secret', { secret: [`${SECRET.slice(0, -1)}x`] }],
    ['the secret’s beginning', { secret: [SECRET.slice(0, -1)] }],
    ['the secret and more', { secret: [`${SECRET}x`] }],
    ['the secret in another case', { secret: [SECRET.toUpperCase()] }],
    ['the secret twice', { secret: [SECRET, SECRET] }],
    ['two secrets, one of them right', { secret: ['x', SECRET] }],
    ['the secret joined with another', { secret: [`${SECRET}, x`] }],
  ];
  for (const [who, options] of others) {
    test(`${who}: nobody is signed in, and what is wrong with them is not told`, async () => {
      assert.equal(await proven([ADA], options), 'session_required');
      assert.equal(await proven([ADA, ADA], options), 'session_required');
    });
  }

  test('the secret with a look-alike', async () => {
    assert.equal(await proven([ADA, ['X_Proxy_Secret', SECRET]]), 'session_required');
    assert.equal(await proven([ADA, ['X_Proxy_Secret', SECRET]], { secret: [] }), 'session_required');
  });
});

describe('headers that may be the client’s are refused', () => {
  const EVE: [string, string] = ['X-Forwarded-User', 'eve'];
  const cases: [string, [string, string][]][] = [
    ['the user twice', [ADA, EVE]],
    ['the same user twice', [ADA, ADA]],
    ['the user twice, in other cases', [ADA, ['x-forwarded-user', 'eve']]],
    ['the user and an empty one', [ADA, ['X-Forwarded-User', '']]],
    ['the user beside one with underscores', [ADA, ['X_Forwarded_User', 'eve']]],
    ['the user after one with an underscore', [['X-Forwarded_User', 'eve'], ADA]],
    ['the user beside one with dots', [ADA, ['X.Forwarded.User', 'eve']]],
    ['the user only with underscores', [['X_Forwarded_User', 'ada']]],
    ['the groups twice', [ADA, ['X-Forwarded-Groups', 'a'], ['X-Forwarded-Groups', 'b']]],
    ['the tenant twice', [ADA, ['X-Forwarded-Tenant', 'a'], ['X_FORWARDED_TENANT', 'b']]],
    ['the name twice', [ADA, ['X-Forwarded-Name', 'a'], ['X-Forwarded-Name', 'b']]],
    ['two users joined by something on the way', [['X-Forwarded-User', 'ada, eve']]],
    ['two e-mails joined', [ADA, ['X-Forwarded-Email', 'a@example.com,b@example.com']]],
    ['two tenants joined', [ADA, ['X-Forwarded-Tenant', 'a,b']]],
    ['a user of 257 characters', [['X-Forwarded-User', 'a'.repeat(257)]]],
    ['a user with a tab inside', [['X-Forwarded-User', 'a\tb']]],
    ['a user with a control character of Unicode', [['X-Forwarded-User', bytes('a\u0085b')]]],
    ['a user that is not UTF-8', [['X-Forwarded-User', 'J\xfcrgen']]],
    ['groups that are not UTF-8', [ADA, ['X-Forwarded-Groups', 'S\xfcd']]],
    ['a tenant of 257 characters', [ADA, ['X-Forwarded-Tenant', 'a'.repeat(257)]]],
  ];
  for (const [what, sent] of cases) {
    test(what, async () => assert.equal(await proven(sent), 'bad_request'));
  }

  test('but not others that look alike from afar', async () => {
    const sent: [string, string][] = [
      ADA,
      ['X-Forwarded-Users', 'x'],
      ['XForwardedUser', 'x'],
      ['__proto__', 'x'],
      ['constructor', 'x'],
    ];
    assert.deepEqual(await proven(sent), { id: 'ada' });
  });
});

describe('users that differ in anything are not the same', () => {
  test('in case, in the form of Unicode, and in invisible characters', async () => {
    const ids = ['ada', 'Ada', 'J\u00fcrgen', 'Ju\u0308rgen', '\ufeffada', 'ada\u200b', '__proto__', '0'];
    for (const id of ids) {
      assert.deepEqual(await proven([['X-Forwarded-User', bytes(id)]]), { id });
    }
  });
});
