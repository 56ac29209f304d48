import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { errorFacts } from '../../src/observability/error-facts.ts';
import { readQlikError } from '../../src/qlik/error-response.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

function fault(status: number, body: unknown, headers: Record<string, string> = {}, user = 'ada') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readQlikError({ status, headers, body: text }, NOW, user);
}

const qlikError = (error: object) => ({ errors: [error], traceId: '0123456789abcdef0123456789abcdef' });

const kinds: [number, string][] = [
  [400, 'refused'],
  [401, 'refused'],
  [403, 'refused'],
  [429, 'throttled'],
  [500, 'unavailable'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [599, 'unavailable'],
  [301, 'bad_response'],
  [302, 'bad_response'],
  [304, 'bad_response'],
  [404, 'bad_response'],
  [418, 'bad_response'],
];
for (const [status, code] of kinds) {
  it(`a ${status} is “${code}”, whatever its body is`, () => {
    for (const body of [
      '',
      '<html>',
      '{}',
      'null',
      '[]',
      '"x"',
      '{"errors":null}',
      '{"errors":[null,1,"x",[]]}',
    ]) {
      assert.equal(fault(status, body).code, code);
      assert.equal(fault(status, body).details.status, status);
    }
  });
}

it('Qlik’s error shape: the codes and the trace id are kept', () => {
  const body = qlikError({ code: 'OAUTH-5', title: 'Unauthorized', status: '401' });
  assert.deepEqual(fault(401, body).details.upstream, {
    codes: ['OAUTH-5'],
    traceId: '0123456789abcdef0123456789abcdef',
  });
});

it('Qlik’s error shape with a number as status is read alike', () => {
  assert.deepEqual(fault(404, qlikError({ code: 'USERS-7', status: 404 })).details.upstream?.codes, [
    'USERS-7',
  ]);
});

it('the error shape of RFC 6749: the code is kept', () => {
  const body = { error: 'invalid_client', error_description: 'Client authentication failed' };
  assert.deepEqual(fault(401, body).details.upstream, { codes: ['invalid_client'] });
});

it('a 429 says for how long', () => {
  assert.equal(fault(429, '', { 'retry-after': '13' }).retryAfterMs, 13_000);
  assert.equal(fault(429, '').retryAfterMs, undefined);
});

it('a 5xx is worth another try at once, unless it says when', () => {
  assert.equal(fault(503, '').details.retryable, true);
  const later = fault(503, '', { 'retry-after': '30' });
  assert.equal(later.details.retryable, false);
  assert.equal(later.retryAfterMs, 30_000);
});

for (const status of [400, 401, 403, 429, 404]) {
  it(`a ${status} is not worth another try at once`, () => {
    assert.notEqual(fault(status, '').details.retryable, true);
  });
}

const aboutTheUser = [
  'User not found',
  'The user could not be found: user does not exist',
  'Unknown user',
  'user_lookup did not match',
  'User is not a member of the tenant',
  'The user is disabled',
  'Invalid user',
  'No such user: ada',
  'subject "ada" is unknown',
  'impersonation of ada refused',
];
for (const detail of aboutTheUser) {
  it(`it names the user: “${detail}”`, () => {
    assert.equal(
      fault(401, qlikError({ code: 'OAUTH-1', title: 'Unauthorized', detail })).details.namesUser,
      true,
    );
  });
}

const aboutTheClient = [
  'Unauthorized',
  'Invalid client credentials',
  'The scope user_default is not allowed',
  'Scope user_default not found',
  'grant_type urn:qlik:oauth:user-impersonation is unknown',
  'urn:qlik:oauth:user-impersonation not found',
  'Invalid user-impersonation grant',
  'User impersonation is disabled for this client',
  'user impersonation not in the allowed grant types',
  'The client is disabled',
  'Client not found',
  'users:read is unknown',
  'consent is missing',
  'adamant refusal',
];
for (const detail of aboutTheClient) {
  it(`it does not name the user: “${detail}”`, () => {
    for (const body of [
      qlikError({ code: 'OAUTH-1', title: detail }),
      qlikError({ code: 'OAUTH-1', title: 'Unauthorized', detail }),
      { error: 'invalid_client', error_description: detail },
    ]) {
      assert.equal(fault(401, body).details.namesUser, false);
    }
  });
}

it('a user whose name is empty is named by nobody', () => {
  const body = qlikError({ title: 'Refused (client).', detail: '"client"' });
  assert.equal(fault(401, body, {}, '').details.namesUser, false);
});

it('an error that is not about a look-up names no user', () => {
  const response = { status: 403, headers: {}, body: JSON.stringify(qlikError({ title: 'Forbidden' })) };
  assert.equal(readQlikError(response, NOW).details.namesUser, false);
});

it('what is in an error body, in any place, does not get into the fault', () => {
  const canary = 'CANARY-secret.of+the=client';
  const bodies = [
    canary,
    `<html>${canary}</html>`,
    { [canary]: canary },
    { error: canary, error_description: `user not found ${canary}`, error_uri: canary },
    {
      traceId: canary,
      errors: [
        {
          code: canary,
          title: `Unknown user ${canary}`,
          detail: canary,
          status: canary,
          meta: { x: canary },
        },
        { code: 'OAUTH-1', [canary]: canary },
        canary,
        [canary],
      ],
    },
    `{"errors":[{"code":"${canary}","code":"${canary}"}]}`,
  ];
  const headers = { 'retry-after': canary, date: canary, 'www-authenticate': canary, location: canary };
  for (const body of bodies) {
    for (const status of [301, 400, 401, 403, 404, 429, 500]) {
      const error = fault(status, body, headers);
      const shown = [
        JSON.stringify(error),
        inspect(error, { depth: 9, showHidden: true }),
        String(error),
        String(error.stack),
        JSON.stringify(errorFacts(error)),
      ];
      for (const text of shown) assert.ok(!text.includes('CANARY'), text);
    }
  }
});
