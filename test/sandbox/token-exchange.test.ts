import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeJwt } from 'jose';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { accessToken, call, codes, postToken, startSandbox, tokenOf } from './tenant-client.ts';

const PORTAL = 'http://portal.example';

/** The request as the browser library sends it, with changes. */
function exchange(sandbox: Sandbox, token: string, changes: Record<string, unknown> = {}, origin = PORTAL) {
  const body = {
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    purpose: 'websocket',
    redirect_uri: `${PORTAL}/page`,
    client_id: sandbox.impersonationClient.clientId,
    ...changes,
  };
  return postToken(sandbox, body, origin === '' ? {} : { origin });
}

it('a user token is exchanged for one of the same user that serves its purpose only', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'bruno');
  for (const purpose of ['websocket', 'webresource']) {
    const answer = await exchange(sandbox, token, { purpose });
    assert.equal(answer.headers.get('access-control-allow-origin'), PORTAL);
    const exchanged = accessToken(answer);
    assert.equal(decodeJwt(exchanged).sub, decodeJwt(token).sub);
    assert.equal(decodeJwt(exchanged).purpose, purpose);
    assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token: exchanged })).status, 401);
    assert.equal((await exchange(sandbox, exchanged)).status, 401);
  }
});

it('an origin that the client does not allow, or none, is OAUTH-29', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'bruno');
  for (const origin of ['http://evil.example', '', 'null', `${PORTAL}:81`]) {
    const answer = await exchange(sandbox, token, {}, origin);
    assert.equal(answer.status, 401);
    assert.deepEqual(codes(answer), ['OAUTH-29']);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  }
});

it('a token that is forged, revoked, or of another client is OAUTH-5', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'bruno');
  const revoked = await tokenOf(sandbox, 'bruno');
  await call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token: revoked } });
  const answers = [
    await exchange(sandbox, `${token}x`),
    await exchange(sandbox, revoked),
    await exchange(sandbox, token, { client_id: sandbox.managementClient.clientId }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 401);
    assert.deepEqual(codes(answer), ['OAUTH-5']);
  }
});

it('a purpose or a token type that does not exist is a 400', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'bruno');
  for (const changes of [{ purpose: 'admin' }, { purpose: undefined }, { subject_token_type: 'jwt' }]) {
    assert.equal((await exchange(sandbox, token, changes)).status, 400);
  }
});
