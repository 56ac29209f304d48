import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { createLoginCookies, type LoginUnderWay } from '../../src/http/login-cookies.ts';
import { createSealer } from '../../src/portal/sealer.ts';

const secrets = (...letters: string[]) => letters.map((letter) => new Secret(letter.repeat(40)));

function bench(letters = ['a'], publicUrl = 'https://broker.example') {
  const state = { time: 1_000_000 };
  const cookies = createLoginCookies({
    publicUrl: new URL(publicUrl),
    sealer: createSealer(secrets(...letters), 'test'),
    now: () => state.time,
  });
  const login = (name: string): LoginUnderWay => ({
    ...{ state: name, nonce: 'n', verifier: 'v', returnTo: `/${name}`, begunAt: state.time },
  });
  return { state, cookies, login };
}

const pair = (header: string | undefined) => String(header).split(';', 1)[0] as string;
const removed = (headers: string[]) => headers.filter((header) => header.endsWith('Max-Age=0')).map(pair);

describe('a sign-in under way', () => {
  test('is found by its state, for ten minutes', () => {
    const { state, cookies, login } = bench();
    const cookie = pair(cookies.add(undefined, login('one'))[0]);
    state.time += 10 * 60_000 - 1;
    assert.equal(cookies.find(cookie, 'one')?.returnTo, '/one');
    assert.equal(cookies.find(cookie, 'two'), undefined);
    state.time += 1;
    assert.equal(cookies.find(cookie, 'one'), undefined);
  });

  test('is worth nothing when a bit of it was changed, or it stands under another name', () => {
    const { cookies, login } = bench();
    const [one, two] = ['one', 'two'].map((name) => pair(cookies.add(undefined, login(name))[0]));
    const [name = '', value = ''] = String(one).split('=');
    for (let at = 0; at < value.length; at += 7) {
      const flipped = value[at] === 'A' ? 'B' : 'A';
      const forged = `${value.slice(0, at)}${flipped}${value.slice(at + 1)}`;
      assert.equal(cookies.find(`${name}=${forged}`, 'one'), undefined, String(at));
    }
    assert.equal(cookies.find(`${String(two).split('=')[0]}=${value}`, 'two'), undefined);
    for (const garbage of ['', 'x', value.slice(0, 20), value.slice(0, -4), 'x'.repeat(10_000)])
      assert.equal(cookies.find(`${name}=${garbage}`, 'one'), undefined);
  });

  test('given twice, with different values, is none: one of them may be planted', () => {
    const { cookies, login } = bench(['a'], 'http://localhost');
    const cookie = pair(cookies.add(undefined, login('one'))[0]);
    const other = `${cookie.split('=')[0]}=other`;
    assert.equal(cookies.find(`${cookie}; ${other}`, 'one'), undefined);
    assert.equal(cookies.find(`${other}; ${cookie}`, 'one'), undefined);
  });

  test('stands under its own name and value, exactly: spaces and tabs are the only blanks around them', () => {
    const { cookies, login } = bench();
    const cookie = pair(cookies.add(undefined, login('one'))[0]);
    for (let code = 1; code <= 0xff; code += 1) {
      const character = String.fromCharCode(code);
      const isSeparator = [' ', '\t', ';'].includes(character);
      for (const header of [`${character}${cookie}`, `a=b;${character}${cookie}`, `${cookie}${character}`])
        assert.equal(cookies.find(header, 'one') !== undefined, isSeparator, JSON.stringify(header));
    }
    assert.equal(cookies.find(`${cookie}=more`, 'one'), undefined);
  });

  test('is opened with an older secret, and not with another or for another purpose', () => {
    const { cookies, login } = bench(['a']);
    const cookie = pair(cookies.add(undefined, login('one'))[0]);
    assert.ok(bench(['b', 'a']).cookies.find(cookie, 'one'));
    assert.equal(bench(['b']).cookies.find(cookie, 'one'), undefined);
    const [sealed, other] = ['one', 'other'].map((purpose) => createSealer(secrets('a'), purpose));
    assert.equal(other?.open(sealed?.seal('text', 'x') ?? '', 'x'), undefined);
  });

  test('is one of five: the oldest and the worthless are removed', () => {
    const { state, cookies, login } = bench();
    const kept: string[] = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      const headers = cookies.add(kept.join('; '), login(name));
      assert.deepEqual(removed(headers), []);
      kept.push(pair(headers.at(-1)));
      state.time += 1;
    }
    const garbage = '__Host-qlik_token_broker_login_garbage=x';
    const sixth = cookies.add([garbage, ...kept].join('; '), login('6'));
    assert.deepEqual(
      removed(sixth).sort(),
      [`${kept[0]?.split('=')[0]}=`, '__Host-qlik_token_broker_login_garbage='].sort(),
    );
  });
});
