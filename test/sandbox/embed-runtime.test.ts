import assert from 'node:assert/strict';
import { it } from 'node:test';
import { call, startSandbox, tokenOf } from './tenant-client.ts';

it('the embed runtime is a script that any page may load', async (t) => {
  const sandbox = await startSandbox(t);
  const answer = await call(`${sandbox.url}/qlik-embed/main.js`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.match(answer.text, /embed-vanilla@v1/);
});

it('the embed runtime meets faults', async (t) => {
  const sandbox = await startSandbox(t);
  sandbox.faults.add({ match: { path: '/qlik-embed/main.js' }, effect: { type: 'status', status: 503 } });
  assert.equal((await call(`${sandbox.url}/qlik-embed/main.js`)).status, 503);
});

it('the locale of a user, which the library asks before it resumes, is JSON, and 401 without a token', async (t) => {
  const sandbox = await startSandbox(t);
  const url = `${sandbox.url}/api/v1/user-locale`;
  const answer = await call(url, { token: await tokenOf(sandbox, 'ada') });
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(typeof answer.json().locale, 'string');
  assert.equal((await call(url)).status, 401);
});
