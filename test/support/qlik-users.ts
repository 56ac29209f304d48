import assert from 'node:assert/strict';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** Creates users at the tenant, as its management client may; their subjects by the ids that the tenant gave them. */
export async function createQlikUsers(
  sandbox: Sandbox,
  subjects: readonly string[],
): Promise<Map<string, string>> {
  const { clientId, clientSecret } = sandbox.managementClient;
  const { access_token } = (await call('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })) as { access_token: string };

  const created = new Map<string, string>();
  for (const subject of subjects) {
    const user = await call('/api/v1/users', { subject, name: subject }, access_token);
    created.set((user as { id: string }).id, subject);
  }
  return created;

  async function call(path: string, body: object, token?: string): Promise<unknown> {
    const response = await fetch(sandbox.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
    return response.json();
  }
}
