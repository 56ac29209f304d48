import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cacheKey, type TokenKey } from '../../src/token/token-key.ts';
import { createTokenBench } from './token-bench.ts';

function subject(
  value: string,
  more: { field?: 'userId' | 'subject'; tenant?: object; owner?: string } = {},
): TokenKey {
  return {
    owner: more.owner ?? 'owner',
    tenant: {
      name: 'acme',
      url: 'https://t.example',
      clientId: 'client',
      scope: 'user_default',
      ...more.tenant,
    },
    lookup: { field: more.field ?? 'subject', value },
  };
}

const ada = subject('ada');
const different: [string, TokenKey, TokenKey][] = [
  ['owners', ada, subject('ada', { owner: 'another' })],
  ['tenants', ada, subject('ada', { tenant: { url: 'https://u.example' } })],
  ['clients', ada, subject('ada', { tenant: { clientId: 'other' } })],
  ['scopes', ada, subject('ada', { tenant: { scope: 'user_default admin_classic' } })],
  ['look-up fields', ada, subject('ada', { field: 'userId' })],
  ['values', ada, subject('bruno')],
  ['cases', ada, subject('Ada')],
  ['trailing blanks', ada, subject('ada ')],
  ['leading blanks', ada, subject(' ada')],
  ['Unicode forms', subject('caf\u00e9'), subject('cafe\u0301')],
  ['lone surrogates', subject('\ud800'), subject('\ud801')],
  [
    'places of a colon',
    subject('a:b', { tenant: { scope: 't' } }),
    subject('b', { tenant: { scope: 't:a' } }),
  ],
  ['places of a quote', subject('a","b'), subject('b', { tenant: { scope: 'user_default","subject","a' } })],
  ['escapes', subject('"'), subject('\\"')],
  ['emptiness', subject(''), subject(' ')],
  ['names of prototypes', subject('__proto__'), subject('constructor')],
  ['zero bytes', subject('ada'), subject('ada\0')],
];
for (const [what, one, other] of different) {
  it(`two subjects of different ${what} have different keys`, () => {
    assert.notEqual(cacheKey(one), cacheKey(other));
  });

  it(`two subjects of different ${what} get tokens of their own`, async () => {
    const { tokens, issuer, within } = createTokenBench();
    const first = await tokens.obtain(one, within());
    const second = await tokens.obtain(other, within());
    assert.equal(issuer.owners.get(first.accessToken), one.lookup.value);
    assert.equal(issuer.owners.get(second.accessToken), other.lookup.value);
    assert.notEqual(first.accessToken, second.accessToken);
    assert.equal(tokens.cached(other)?.accessToken, second.accessToken);
  });
}

it('two subjects that are the same share a key, whatever else their objects hold', () => {
  assert.equal(cacheKey(subject('ada')), cacheKey({ ...subject('ada'), more: 1 } as TokenKey));
});

for (const value of ['__proto__', 'constructor', 'toString', '']) {
  it(`the user “${value}” without a token has none`, () => {
    assert.equal(createTokenBench().tokens.cached(subject(value)), undefined);
  });
}
