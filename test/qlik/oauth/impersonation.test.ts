import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QlikError } from '../../../src/qlik/errors.ts';
import { impersonationRequest, readImpersonationResponse } from '../../../src/qlik/oauth/impersonation.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const asked = { scope: 'user_default', lookup: { field: 'subject', value: 'ada' } } as const;

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES384', typ: 'JWT' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}

function read(body: unknown, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readImpersonationResponse({ status, headers: {}, body: text }, asked, NOW);
}

const good = { access_token: 'opaque', token_type: 'bearer', expires_in: 21_600, scope: 'user_default' };

it('the request holds the credentials, the grant, the scope and the look-up, and nothing else', () => {
  const credentials = { client_id: 'client', client_secret: 'secret' };
  assert.deepEqual(impersonationRequest(credentials, 'user_default', asked.lookup), {
    method: 'POST',
    path: '/oauth/token',
    json: {
      client_id: 'client',
      client_secret: 'secret',
      grant_type: 'urn:qlik:oauth:user-impersonation',
      scope: 'user_default',
      user_lookup: { field: 'subject', value: 'ada' },
    },
  });
});

it('the look-up goes out as it is: a value that looks like JSON stays text', () => {
  const lookup = { field: 'userId', value: '","field":"admin', more: 'not sent' } as const;
  const { json } = impersonationRequest({}, 'user_default', lookup);
  assert.deepEqual((json as { user_lookup: object }).user_lookup, {
    field: 'userId',
    value: '","field":"admin',
  });
});

it('credentials cannot change the grant, the scope or the look-up', () => {
  const credentials = { grant_type: 'client_credentials', scope: 'admin', user_lookup: 'x' };
  const { json } = impersonationRequest(credentials, 'user_default', asked.lookup);
  assert.deepEqual(json, {
    grant_type: 'urn:qlik:oauth:user-impersonation',
    scope: 'user_default',
    user_lookup: asked.lookup,
  });
});

it('an answer as Qlik documents it brings the token, its scope, lifetime and subject', () => {
  const access_token = jwt({ sub: 'qlik-user-1', iat: NOW / 1_000, exp: NOW / 1_000 + 21_600 });
  assert.deepEqual(read({ ...good, access_token, expires_at: '2026-01-01T18:00:00Z' }), {
    accessToken: access_token,
    scope: 'user_default',
    scopes: ['user_default'],
    lifetimeMs: 21_600_000,
    subject: 'qlik-user-1',
  });
});

it('an opaque token has no subject', () => {
  assert.equal(read(good).subject, undefined);
});

for (const sub of [undefined, null, 7, {}, ['ada']]) {
  it(`a token whose sub is ${JSON.stringify(sub)} has no subject`, () => {
    assert.equal(read({ ...good, access_token: jwt({ sub }) }).subject, undefined);
  });
}

for (const type of ['bearer', 'Bearer', 'BEARER']) {
  it(`the token type is compared without case: ${type}`, () => {
    assert.equal(read({ ...good, token_type: type }).accessToken, 'opaque');
  });
}

it('given no scope in the answer, it is the one that was asked for', () => {
  assert.equal(read({ ...good, scope: undefined }).scope, 'user_default');
});

it('given a narrower scope in the answer, that counts', () => {
  assert.equal(read({ ...good, scope: 'identity.name:read' }).scope, 'identity.name:read');
});

it('given no scope at all, the token has none', () => {
  assert.equal(read({ ...good, scope: '' }).scope, '');
});

const unusable: [string, unknown][] = [
  ['empty', ''],
  ['HTML', '<!doctype html><p>Sign in'],
  ['truncated', JSON.stringify(good).slice(0, -10)],
  ['null', null],
  ['an array', [good]],
  ['text', '"token"'],
  ['a token twice', '{"access_token":"a","access_token":"b","token_type":"bearer"}'],
  ['a token twice, once escaped', '{"access_token":"a","access\\u005ftoken":"b","token_type":"bearer"}'],
  ['without a token', { ...good, access_token: undefined }],
  ['with an empty token', { ...good, access_token: '' }],
  ['with a token that is no text', { ...good, access_token: 7 }],
  ['with a token that holds a line break', { ...good, access_token: 'a\r\nset-cookie: x' }],
  ['with a token that ends with a line break', { ...good, access_token: 'opaque\n' }],
  ['with a token that holds a blank', { ...good, access_token: 'a b' }],
  ['with a token that holds markup', { ...good, access_token: '<script>' }],
  ['without a type', { ...good, token_type: undefined }],
  ['of another type', { ...good, token_type: 'mac' }],
  ['with a type that is no text', { ...good, token_type: ['bearer'] }],
  ['with a scope that holds a quote', { ...good, scope: 'a"b' }],
  ['with a scope that holds a backslash', { ...good, scope: 'a\\' }],
  ['with a scope that ends with a line break', { ...good, scope: 'a\n' }],
  ['with a scope of more than ASCII', { ...good, scope: 'ä' }],
  ['an error with status 200', { errors: [{ code: 'OAUTH-1' }] }],
];
for (const [what, body] of unusable) {
  it(`an answer that is ${what} is a bad response, and its text does not get out`, () => {
    assert.throws(
      () => read(body),
      (error: QlikError) => {
        assert.ok(error instanceof QlikError);
        assert.equal(error.code, 'bad_response');
        assert.doesNotMatch(`${error.message}${JSON.stringify(error)}`, /opaque|script|cookie|Sign in/);
        return true;
      },
    );
  });
}

for (const [status, code] of [
  [401, 'refused'],
  [429, 'throttled'],
  [503, 'unavailable'],
  [302, 'bad_response'],
] as const) {
  it(`a token in an answer with status ${status} is not used: ${code}`, () => {
    assert.throws(() => read(good, status), { name: 'QlikError', code });
  });
}

for (const status of [200, 201]) {
  it(`a token in an answer with status ${status} is used`, () => {
    assert.equal(read(good, status).accessToken, 'opaque');
  });
}

it('the lifetime follows the tenant’s time, not ours', () => {
  const expires_at = new Date(NOW + 3_600_000).toISOString();
  assert.equal(read({ ...good, expires_in: undefined, expires_at }).lifetimeMs, 3_600_000);
});
