import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import type { BrokerEvent } from '../../src/events.ts';
import { createGatewayAuth, type GatewayEvidence } from '../../src/portal/gateway.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { loginPolicy } from '../support/login-policy.ts';

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
  emailFinds?: boolean;
  groupsSeparator?: string;
  names?: Partial<Record<keyof typeof headers, string | null>>;
  /** Where the events go. */
  told?: BrokerEvent[];
}

/** As Node hands out what was sent as UTF-8. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');

/** Whom these headers prove, sent by the gateway unless the options say otherwise; or the code of the refusal. */
async function proven(sent: [string, string][], options: Options = {}): Promise<PortalUser | string> {
  const { secret = [SECRET], trustEmail = false, emailFinds = false, groupsSeparator = ',', names } = options;
  const emit = (event: BrokerEvent) => void options.told?.push(event);
  const peer = 'peer' in options ? options.peer : '10.0.0.2';
  const auth = createGatewayAuth({
    trustedProxies: ['10.0.0.0/24'],
    secret: new Secret(SECRET),
    headers: { ...headers, ...names } as typeof headers,
    trustEmail,
    emailFinds,
    groupsSeparator,
    policy: loginPolicy({ emailFinds }, emit),
    emit,
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
    ['the tenant twice', [ADA, ['X-Forwarded-Tenant', 'a'], ['X_FORWARDED_TENANT', 'b']]],
    ['two users joined by something on the way', [['X-Forwarded-User', 'ada, eve']]],
    ['two tenants joined', [ADA, ['X-Forwarded-Tenant', 'a,b']]],
    ['a user of 257 characters', [['X-Forwarded-User', 'a'.repeat(257)]]],
    ['a user with a tab inside', [['X-Forwarded-User', 'a\tb']]],
    ['a user with a control character of Unicode', [['X-Forwarded-User', bytes('a\u0085b')]]],
    ['a user that is not UTF-8', [['X-Forwarded-User', 'J\xfcrgen']]],
    ['a tenant that is not UTF-8', [ADA, ['X-Forwarded-Tenant', 'acm\xe9']]],
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

describe('an e-mail by which the Qlik user may be found says who it is, and is refused', () => {
  const options = { trustEmail: true, emailFinds: true };
  const cases: [string, [string, string][]][] = [
    [
      'there twice',
      [
        ['X-Forwarded-Email', 'a@b.c'],
        ['X-Forwarded-Email', 'd@e.f'],
      ],
    ],
    ['two joined', [['X-Forwarded-Email', 'a@example.com,b@example.com']]],
    ['not UTF-8', [['X-Forwarded-Email', 'andr\xe9@example.com']]],
    ['too long', [['X-Forwarded-Email', `${'a'.repeat(310)}@example.com`]]],
  ];
  for (const [what, sent] of cases) {
    test(what, async () => {
      assert.equal(await proven([ADA, ...sent], options), 'bad_request');
      assert.deepEqual(await proven([ADA, ...sent]), { id: 'ada' });
    });
  }

  test('and is told to be missing', async () => {
    const told: BrokerEvent[] = [];
    await proven([ADA], { ...options, told });
    const headers = ['Host', 'X-Proxy-Secret', 'X-Forwarded-User'];
    const user = { id: 'ada' };
    assert.deepEqual(told, [
      { type: 'login.email_missing', user, claim: 'x-forwarded-email', told: headers },
    ]);
  });
});

describe('what does not say who it is refuses nobody', () => {
  const groups = (why: string) => ({ claim: 'groups', why });
  const name = (why: string) => ({ claim: 'name', why });
  const email = (why: string) => ({ claim: 'email', why });
  const cases: [string, [string, string][], { claim: string; why: string }][] = [
    [
      'a name that is there twice',
      [
        ['X-Forwarded-Name', 'a'],
        ['X-Forwarded-Name', 'b'],
      ],
      name('twice'),
    ],
    ['a name under a look-alike', [['X_Forwarded_Name', 'Ada']], name('twice')],
    ['a name that is too long', [['X-Forwarded-Name', 'a'.repeat(257)]], name('too_large')],
    ['a name with a tab', [['X-Forwarded-Name', 'a\tb']], name('control_characters')],
    [
      'a name with a control character of Latin-1',
      [['X-Forwarded-Name', 'a\x92s']],
      name('control_characters'),
    ],
    [
      'groups that are there twice',
      [
        ['X-Forwarded-Groups', 'a'],
        ['X-Forwarded-Groups', 'b'],
      ],
      groups('twice'),
    ],
    [
      'too many groups',
      [['X-Forwarded-Groups', Array.from({ length: 501 }, (_, n) => n).join()]],
      groups('too_large'),
    ],
    ['a group that is too long', [['X-Forwarded-Groups', `a,${'b'.repeat(257)}`]], groups('too_large')],
    ['two e-mails joined', [['X-Forwarded-Email', 'a@example.com,b@example.com']], email('ambiguous')],
    ['an e-mail that is too long', [['X-Forwarded-Email', 'a'.repeat(321)]], email('too_large')],
  ];
  for (const [what, sent, why] of cases) {
    test(`${what}: it is left out, and told`, async () => {
      const told: BrokerEvent[] = [];
      assert.deepEqual(await proven([ADA, ...sent], { trustEmail: true, told }), { id: 'ada' });
      assert.deepEqual(told, [{ type: 'login.claim_not_understood', user: { id: 'ada' }, ...why }]);
    });
  }

  test('what is not UTF-8 is read as Latin-1', async () => {
    const sent: [string, string][] = [
      ADA,
      ['X-Forwarded-Name', 'Andr\xe9'],
      ['X-Forwarded-Groups', 'Vertrieb S\xfcd,\xc9quipe'],
      ['X-Forwarded-Email', 'andr\xe9@example.com'],
    ];
    assert.deepEqual(await proven(sent, { trustEmail: true }), {
      ...{ id: 'ada', name: 'André', email: 'andré@example.com' },
      groups: ['Vertrieb Süd', 'Équipe'],
    });
  });
});

describe('groups', () => {
  const LDAP = 'CN=Sales,OU=Groups,DC=acme,DC=example';
  const read = async (text: string, groupsSeparator = ',') => {
    const told: BrokerEvent[] = [];
    const user = await proven([ADA, ['X-Forwarded-Groups', bytes(text)]], { groupsSeparator, told });
    return { groups: (user as PortalUser).groups, why: (told[0] as { why?: string } | undefined)?.why };
  };
  const known = (groups: string[]) => ({ groups, why: undefined });
  const ambiguous = { groups: undefined, why: 'ambiguous' };

  test('have what the operator says between them', async () => {
    assert.deepEqual(await read('Sales|EMEA, North', '|'), known(['Sales', 'EMEA, North']));
    assert.deepEqual(await read('Sales; EMEA', ';'), known(['Sales', 'EMEA']));
    assert.deepEqual(await read('|', '|'), known([]));
  });

  // Guards against a provisioning that makes four groups of one.
  test('with names of a directory are never cut at the commas of those', async () => {
    for (const text of [
      LDAP,
      `${LDAP},CN=Ops,OU=Groups`,
      `Sales,${LDAP}`,
      '2.5.4.3=Sales,O=acme',
      'cn = Sales , o=acme',
    ])
      assert.deepEqual(await read(text), ambiguous, text);
    assert.deepEqual(await read(`${LDAP}|CN=Ops,DC=acme`, '|'), known([LDAP, 'CN=Ops,DC=acme']));
    assert.deepEqual(await read(`${LDAP};CN=Ops,DC=acme`, ';'), known([LDAP, 'CN=Ops,DC=acme']));
    assert.deepEqual(await read('CN=Sales'), known(['CN=Sales']));
  });

  test('that are escaped, quoted or JSON are not understood', async () => {
    for (const text of ['Sales\\, EMEA', 'a,"b, c"', '"a","b"', '["a","b"]', '[ "a" ]', '[]'])
      assert.deepEqual(await read(text), ambiguous, text);
    assert.deepEqual(await read('a\\|b', '|'), ambiguous);
  });

  test('may hold what only looks like that', async () => {
    for (const text of ['ACME\\Sales,ACME\\Ops', '[DE] Sales,R&D "North"', 'Top 10%,50%25', '=,a'])
      assert.deepEqual(await read(text), known(text.split(',')), text);
  });
});

test('a user who is told of, but not in the header that says who it is, is nobody, and the operator hears of it', async () => {
  const told: BrokerEvent[] = [];
  const sent: [string, string][] = [
    ['X-Auth-Request-User', 'ada'],
    ['X-Forwarded-Email', 'ada@example.com'],
    [`X-${'long-'.repeat(100)}`, ''],
  ];
  assert.equal(await proven(sent, { told }), 'session_required');
  const [event, ...others] = told as { type: string; told: string[] }[];
  assert.deepEqual([event?.type, others], ['gateway.user_missing', []]);
  assert.deepEqual(event?.told.slice(0, 4), [
    'Host',
    'X-Proxy-Secret',
    'X-Auth-Request-User',
    'X-Forwarded-Email',
  ]);
  assert.equal(event?.told.at(-1)?.length, 64);
  await proven([['X-Forwarded-Email', '']], { told });
  assert.equal(told.length, 1);
});

describe('users that differ in anything are not the same', () => {
  test('in case, in the form of Unicode, and in invisible characters', async () => {
    const ids = ['ada', 'Ada', 'J\u00fcrgen', 'Ju\u0308rgen', '\ufeffada', 'ada\u200b', '__proto__', '0'];
    for (const id of ids) {
      assert.deepEqual(await proven([['X-Forwarded-User', bytes(id)]]), { id });
    }
  });
});
