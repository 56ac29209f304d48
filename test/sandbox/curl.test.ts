import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createSandbox } from '../../src/sandbox/sandbox.ts';

const run = promisify(execFile);
const isMissing = spawnSync('curl', ['--version']).error !== undefined;

/* Qlik's own examples, "Get started with OAuth machine-to-machine" and "Manage OAuth clients via API", in order. */
describe('the curl calls of the Qlik tutorials', {
  skip: isMissing && !process.env.CI ? 'curl is not installed' : false,
}, async () => {
  const sandbox = await createSandbox();
  after(() => sandbox.close());
  const json = ['-H', 'Content-Type: application/json', '-H', 'Accept: application/json'];

  /** Runs curl with the tutorial's arguments; answers the status and what was printed. */
  async function curl(...args: string[]): Promise<{ status: number; body: string }> {
    const { stdout } = await run('curl', ['-sS', '--noproxy', '*', '-w', '\n%{http_code}', ...args]);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  }

  const bearer = (token: unknown) => ['-H', `Authorization: Bearer ${token}`];
  let adminToken: unknown;
  let client: { clientId: string; clientSecret: string };
  let userToken: unknown;

  it('get a token with client credentials', async () => {
    const { clientId, clientSecret } = sandbox.managementClient;
    const data = { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' };
    const answer = await curl(
      '-X',
      'POST',
      `${sandbox.url}/oauth/token`,
      ...json,
      '-d',
      JSON.stringify(data),
    );
    assert.equal(answer.status, 200);
    const {
      access_token: token,
      token_type: type,
      expires_at: at,
      expires_in: seconds,
    } = JSON.parse(answer.body);
    assert.match(token, /^eyJhbGciOiJFUzM4NCIsInR/);
    assert.equal(type, 'bearer');
    assert.equal(seconds, 21_600);
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    adminToken = token;
  });

  it('read the tenant with it', async () => {
    const answer = await curl('-L', '-X', 'GET', `${sandbox.url}/api/v1/tenants/me`, ...bearer(adminToken));
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).name, 'Sandbox');
  });

  it('create an impersonation client', async () => {
    const definition = {
      appType: 'web',
      clientName: 'my-embedded-portal',
      description: 'This is an OAuth client created using API calls.',
      allowedScopes: ['user_default'],
      redirectUris: ['https://my-web-app.com/callback'],
      allowedGrantTypes: ['client_credentials', 'urn:qlik:oauth:user-impersonation'],
    };
    const url = `${sandbox.url}/api/v1/oauth-clients`;
    const answer = await curl('-L', url, ...bearer(adminToken), ...json, '-d', JSON.stringify(definition));
    assert.equal(answer.status, 201);
    const created = JSON.parse(answer.body);
    for (const [key, value] of Object.entries(definition)) assert.deepEqual(created[key], value);
    assert.match(created.clientSecret, /^[0-9a-f]{64}$/);
    assert.match(created.clientSecretHint, /^[0-9a-f]{5}$/);
    client = created;
  });

  it('are refused to mint before the client is trusted', async () => {
    assert.equal((await mint()).status, 403);
  });

  it('trust the client', async () => {
    const patch = [{ op: 'replace', path: '/consentMethod', value: 'trusted' }];
    const url = `${sandbox.url}/api/v1/oauth-clients/${client.clientId}/connection-configs/me`;
    const args = ['-L', '-X', 'PATCH', url, ...bearer(adminToken), ...json, '-d', JSON.stringify(patch)];
    assert.deepEqual(await curl(...args), { status: 204, body: '' });
  });

  it('mint a token for a user', async () => {
    const answer = await mint();
    assert.equal(answer.status, 200);
    const { access_token: token, scope, expires_in: seconds } = JSON.parse(answer.body);
    assert.deepEqual({ scope, seconds }, { scope: 'user_default', seconds: 21_600 });
    userToken = token;
  });

  it('are that user with the minted token', async () => {
    const answer = await curl(`${sandbox.url}/api/v1/users/me`, ...bearer(userToken));
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).id, sandbox.users[0]?.id);
  });

  function mint() {
    const data = {
      client_id: client.clientId,
      client_secret: client.clientSecret,
      grant_type: 'urn:qlik:oauth:user-impersonation',
      scope: 'user_default',
      user_lookup: { field: 'userId', value: sandbox.users[0]?.id },
    };
    return curl('-L', `${sandbox.url}/oauth/token`, ...json, '-d', JSON.stringify(data));
  }
});
