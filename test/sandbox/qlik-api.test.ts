import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createQlikApi } from '@qlik/api';
import { createSandbox } from '../../src/sandbox/sandbox.ts';

/* The library is unmodified. It keeps answers and tokens per client id in global memory, hence `noCache`. */
describe('the unmodified @qlik/api on a server', async () => {
  const sandbox = await createSandbox();
  after(() => sandbox.close());
  const fresh = { noCache: true };

  const host = { host: sandbox.url, authType: 'oauth2', noCache: true } as const;

  const management = createQlikApi({
    hostConfig: { ...host, ...sandbox.managementClient, scope: 'admin_classic user_default' },
  });

  function asUser(lookup: { userId: string } | { subject: string }) {
    return createQlikApi({ hostConfig: { ...host, ...sandbox.impersonationClient, ...lookup } });
  }

  it('is its own bot user with client credentials', async () => {
    const { data: me } = await management.users.getMyUser(fresh);
    assert.equal(me.subject, `qlikbot\\${sandbox.managementClient.clientId}`);
    assert.equal(me.assignedRoles?.[0]?.name, 'TenantAdmin');
  });

  it('reads the tenant', async () => {
    const { data: tenant } = await management.tenants.getMyTenant(fresh);
    assert.deepEqual(tenant.hostnames, [new URL(sandbox.url).host]);
    assert.equal(tenant.status, 'active');
  });

  it('lists spaces page by page with the links it gets', async () => {
    const first = await management.spaces.getSpaces({ limit: 3, sort: '+name' }, fresh);
    const second = await first.next?.(fresh);
    const names = [...(first.data.data ?? []), ...(second?.data.data ?? [])].map((space) => space.name);
    assert.deepEqual(names, ['Americas pipeline', 'Board only', 'EMEA pipeline', 'Published sales']);
    const back = await second?.prev?.(fresh);
    assert.deepEqual(
      back?.data.data?.map((space) => space.name),
      names.slice(0, 3),
    );
    assert.equal(second?.next, undefined);
  });

  it('impersonates by user id and by subject', async () => {
    for (const { id, subject, email } of sandbox.users.slice(0, 2)) {
      const { data: byId } = await asUser({ userId: id }).users.getMyUser(fresh);
      const { data: bySubject } = await asUser({ subject }).users.getMyUser(fresh);
      assert.equal(byId.email, email);
      assert.deepEqual(bySubject, byId);
    }
  });

  it('sees as a user only the spaces and items of that user', async () => {
    const ada = asUser({ subject: 'ada' });
    const { data: spaces } = await ada.spaces.getSpaces({}, fresh);
    assert.deepEqual(
      spaces.data?.map((space) => space.name),
      ['EMEA pipeline', 'Published sales'],
    );
    const { data: items } = await ada.items.getItems({ resourceType: 'app', sort: '+name' }, fresh);
    assert.deepEqual(
      items.data.map((item) => item.name),
      ['EMEA forecast', 'Sales by region'],
    );
  });

  it('finds users by a filter in the body and in the query', async () => {
    const filter = 'email eq "bruno.carvalho@example.com" and (status eq "active")';
    const { data: posted } = await management.users.filterUsers({}, { filter }, fresh);
    const { data: queried } = await management.users.getUsers({ filter, totalResults: true }, fresh);
    assert.deepEqual(
      posted.data?.map((user) => user.subject),
      ['bruno'],
    );
    assert.deepEqual(queried.data, posted.data);
    assert.equal(queried.totalResults, 1);
  });

  it('creates a user, puts it into a new group, and deletes both', async () => {
    const { data: group } = await management.groups.createGroup({
      name: 'APAC Sales',
      providerType: 'custom',
    });
    const { data: user } = await management.users.createUser({ subject: 'fumi', name: 'Fumi Okada' });
    const value = [{ name: 'APAC Sales', providerType: 'custom' as const }];
    const patched = await management.users.patchUser(user.id, [
      { op: 'replace', path: '/assignedGroups', value },
    ]);
    assert.equal(patched.status, 204);
    const { data: read } = await management.users.getUser(user.id, {}, fresh);
    assert.deepEqual(
      read.assignedGroups?.map((assigned) => assigned.id),
      [group.id],
    );
    assert.equal((await management.users.deleteUser(user.id)).status, 204);
    assert.equal((await management.groups.deleteGroup(group.id)).status, 204);
    await assert.rejects(management.users.getUser(user.id, {}, fresh), { status: 404 });
  });

  it('walks an OAuth client through its whole life', async () => {
    const api = management.oauthClients;
    const created = await api.createOAuthClient({
      appType: 'web',
      clientName: 'my-embedded-portal',
      allowedScopes: ['user_default'],
      allowedGrantTypes: ['client_credentials', 'urn:qlik:oauth:user-impersonation'],
    });
    assert.equal(created.status, 201);
    const { clientId, clientSecret } = created.data;
    assert.match(clientSecret, /^[0-9a-f]{64}$/);

    const value = ['https://portal.example'];
    const patched = await api.patchOAuthClient(clientId, [{ op: 'replace', path: '/allowedOrigins', value }]);
    assert.equal(patched.status, 204);

    const { data: second } = await api.createOAuthClientSecret(clientId);
    const { data: read } = await api.getOAuthClient(clientId, fresh);
    assert.deepEqual('allowedOrigins' in read && read.allowedOrigins, value);
    assert.deepEqual(
      read.clientSecrets?.map((secret) => secret.hint),
      [clientSecret.slice(0, 5), second.hint],
    );
    assert.equal((await api.deleteOAuthClientSecret(clientId, clientSecret.slice(0, 5))).status, 204);

    const trusted = [{ op: 'replace', path: '/consentMethod', value: 'trusted' }] as const;
    assert.equal((await api.patchOAuthClientConnectionConfig(clientId, [...trusted])).status, 204);
    const { data: connection } = await api.getOAuthClientConnectionConfig(clientId, fresh);
    assert.equal(connection.consentMethod, 'trusted');

    const dana = createQlikApi({
      hostConfig: { ...host, clientId, clientSecret: second.clientSecret, subject: 'dana' },
    });
    assert.equal((await dana.users.getMyUser(fresh)).data.name, 'Dana Whitfield');

    assert.equal((await api.publishOAuthClient(clientId)).status, 201);
    assert.equal((await api.deleteOAuthClientConnectionConfig(clientId)).status, 204);
    assert.equal((await api.deleteOAuthClient(clientId)).status, 204);
    const { data: left } = await api.getOAuthClients({ filter: `clientId eq "${clientId}"` }, fresh);
    assert.deepEqual(left.data, []);
  });

  it("lists a user's tokens and revokes one", async () => {
    const chiyo = sandbox.users.find((user) => user.subject === 'chiyo');
    await asUser({ subject: 'chiyo' }).users.getMyUser(fresh);
    const list = () => management.oauthTokens.getOauthTokens({ userId: chiyo?.id ?? '' }, fresh);
    const [token] = (await list()).data.data;
    assert.equal(token?.userId, chiyo?.id);
    assert.equal((await management.oauthTokens.deleteOauthToken(token?.id ?? '')).status, 204);
    assert.deepEqual((await list()).data.data, []);
  });
});
