import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DirectoryError } from '../../src/directory/directory-error.ts';
import { problemOf, problems } from '../../src/http/problem.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { TokenError, type TokenErrorCode } from '../../src/tenant/token-error.ts';
import { createTestService } from '../support/test-service.ts';

const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

describe('each problem code', () => {
  for (const [code, [status]] of Object.entries(problems)) {
    test(`${code} is documented with its status`, () => {
      assert.match(page, new RegExp(`^\\| ${status} \\| \`${code}\` \\|`, 'm'));
    });
  }

  test('in the documentation exists', () => {
    const documented = [...page.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, status, code]) => [
      code,
      Number(status),
    ]);
    assert.deepEqual(
      documented.sort(),
      Object.entries(problems)
        .map(([code, [status]]) => [code, status])
        .sort(),
    );
  });
});

describe('the service’s own errors', () => {
  const codes: Record<Exclude<TokenErrorCode, 'token_superseded'>, true> = {
    tenant_refused_client: true,
    tenant_bad_response: true,
    tenant_throttled: true,
    tenant_unavailable: true,
    user_not_mapped: true,
    user_disabled: true,
    user_denied: true,
    rate_limited: true,
    tenant_unknown: true,
  };
  for (const code of Object.keys(codes) as TokenErrorCode[]) {
    test(`${code} keeps its code and its wait`, () => {
      const problem = problemOf(new TokenError(code, 'told', { retryAfterMs: 7_000 }));
      assert.deepEqual([problem.code, problem.message, problem.retryAfterMs], [code, 'told', 7_000]);
    });
  }

  test('of the directory and the store keep their codes', () => {
    assert.equal(problemOf(new DirectoryError('user_denied', 'told')).code, 'user_denied');
    assert.equal(problemOf(new StoreUnavailableError()).code, 'store_unavailable');
  });
});

describe('any other error', () => {
  for (const error of [
    new Error('secret'),
    new TypeError('secret'),
    'secret',
    null,
    undefined,
    { code: 'not_found' },
  ]) {
    test(`such as ${String(error)} is internal_error and shows nothing`, () => {
      const problem = problemOf(error);
      assert.equal(problem.code, 'internal_error');
      assert.doesNotMatch(problem.message, /secret/);
    });
  }
});

test('a problem answer is application/problem+json with exactly the members of RFC 9457 and ours', async (t) => {
  const service = await createTestService(t);
  const response = await service.fetch({ url: '/qlik-token' });
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
  assert.deepEqual(Object.keys(response.json()), ['type', 'title', 'status', 'code', 'detail', 'requestId']);
});

describe('what cannot be read', () => {
  const cases: [string, string, string, number, string][] = [
    [
      'a body that is too large',
      'application/json',
      `{"user":"${'x'.repeat(200_000)}"}`,
      413,
      'body_too_large',
    ],
    ['a body of a type that is not ours', 'text/xml', '<user/>', 415, 'unsupported_media_type'],
    ['JSON that is broken', 'application/json', '{"user":', 400, 'bad_request'],
    ['a prototype in JSON', 'application/json', '{"user":"ada","__proto__":{"a":1}}', 400, 'bad_request'],
    [
      'a form that names the user twice',
      'application/x-www-form-urlencoded',
      'user=ada&user=bruno',
      400,
      'bad_request',
    ],
    ['a user that is no text', 'application/json', '{"user":1}', 400, 'bad_request'],
    ['no body', 'application/json', '', 400, 'bad_request'],
  ];
  for (const [what, type, payload, status, code] of cases) {
    test(`${what} is ${status} ${code}`, async (t) => {
      const service = await createTestService(t);
      const response = await service.fetch({
        method: 'POST',
        url: '/login',
        headers: { 'content-type': type },
        payload,
      });
      assert.equal(response.statusCode, status);
      assert.equal(response.json().code, code);
      assert.equal(response.headers['set-cookie'], undefined);
    });
  }
});

describe('a path that looks like a pattern of routes', () => {
  for (const url of [
    '/*a',
    '/:a(',
    '/*',
    '/:id',
    '/qlik-token*',
    '/session/:x(\\d+',
    '/a::b',
    '/:a(^',
    '/login/(.*)',
  ]) {
    for (const method of ['GET', 'POST', 'HEAD'] as const) {
      test(`is not found: ${method} ${url}`, async (t) => {
        const service = await createTestService(t);
        const response = await service.fetch({ method, url });
        assert.equal(response.statusCode, 404);
        if (method !== 'HEAD') assert.equal(response.json().code, 'not_found');
        assert.deepEqual(service.entries('request.failed'), []);
      });
    }
  }
});

test('what is not found, and what is there for other methods, says so in the log and the metrics', async (t) => {
  const service = await createTestService(t);
  await service.fetch({ url: '/nothing' });
  const response = await service.fetch({ method: 'DELETE', url: '/qlik-token' });
  assert.deepEqual([response.statusCode, response.headers.allow], [405, 'GET, POST']);
  assert.deepEqual(
    service.entries('request.completed').map(({ code }) => code),
    ['not_found', 'method_not_allowed'],
  );
  const { body } = await service.adminApp.inject({ url: '/metrics', headers: { host: 'localhost' } });
  assert.match(body, /problems_total\{route="none",code="not_found"\} 1/);
});

test('a path that nobody can read is a line in the log and counted, like any other request', async (t) => {
  const service = await createTestService(t);
  assert.equal((await service.fetch({ url: '/%zz' })).statusCode, 400);
  const [line, ...others] = service.entries('request.completed');
  assert.deepEqual([line?.route, line?.status, line?.code, others.length], [null, 400, 'bad_request', 0]);
  const headers = { host: 'localhost' };
  const { body } = await service.adminApp.inject({ url: '/metrics', headers });
  assert.match(body, /^qlik_token_broker_http_requests_total\{route="none",status="400"\} 1$/m);
});
