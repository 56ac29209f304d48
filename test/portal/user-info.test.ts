import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createOidcProvider } from '../../src/portal/oidc-provider.ts';
import { createUserInfo } from '../../src/portal/user-info.ts';
import { startLyingProvider } from '../support/lying-provider.ts';
import { DIRECTLY } from '../support/outbound.ts';

const HOUR_MS = 3_600_000;

test('a user info that says nothing is given up long before any other answer would be', async (t) => {
  const idp = await startLyingProvider(t);
  const provider = createOidcProvider({
    ...{ issuer: idp.issuer, discoveryUrl: undefined, clientId: 'portal', clientSecret: new Secret('s') },
    ...{ outbound: DIRECTLY, clock: systemClock, random: () => 0.5, timeoutMs: HOUR_MS, emit() {} },
  });
  t.after(() => provider.close());
  idp.lies = { answers: { '/me': () => {} } };
  const names = { id: 'sub', email: 'email', name: 'name', groups: 'groups', groupMembers: [], others: [] };
  const userInfo = createUserInfo({
    claims: { names, trustEmail: false },
    indispensable: ['sub'],
    now: systemClock.now,
    emit() {},
  });
  const idToken = { sub: 'ada' };
  assert.equal(await userInfo.complete(await provider.current(), 'access', idToken), idToken);
  assert.equal(idp.asked.get('/me'), 1);
});
