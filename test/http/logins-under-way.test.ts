import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { createLoginsUnderWay, type LoginUnderWay } from '../../src/http/logins-under-way.ts';
import { createSealer } from '../../src/portal/sealer.ts';

const secrets = (...letters: string[]) => letters.map((letter) => new Secret(letter.repeat(40)));

function bench(letters = ['a'], publicUrl = 'https://broker.example') {
  const clock = { time: 1_000_000 };
  const logins = createLoginsUnderWay({
    publicUrl: new URL(publicUrl),
    sealer: createSealer(secrets(...letters), 'test'),
    now: () => clock.time,
  });
  const login = (name: string): LoginUnderWay => ({
    ...{ nonce: 'n'.repeat(43), verifier: 'v'.repeat(43), returnTo: `/${name}`, begunAt: clock.time },
  });
  /** Begins a sign-in: its state, and the cookie that the browser keeps. */
  function begin(name = 'page', header?: string) {
    const { state, cookies } = logins.begin(header, login(name));
    return { state, cookie: pair(cookies.at(-1)), cookies };
  }
  return { clock, logins, begin };
}

const pair = (header: string | undefined) => String(header).split(';', 1)[0] as string;
const removed = (headers: string[]) => headers.filter((header) => header.endsWith('Max-Age=0')).map(pair);
const nameOf = (cookie: string) => `${cookie.split('=')[0]}=`;

describe('a sign-in under way', () => {
  test('is found by its state, for ten minutes, in the browser that began it', () => {
    const { clock, logins, begin } = bench();
    const { state, cookie } = begin('one');
    clock.time += 10 * 60_000 - 1;
    const found = logins.find(cookie, state);
    assert.deepEqual([found?.isHere, found?.login.returnTo], [true, '/one']);
    clock.time += 1;
    assert.equal(logins.find(cookie, state), undefined);
  });

  test('is not here in another browser, nor with the cookie of another sign-in', () => {
    const { logins, begin } = bench();
    const { state, cookie } = begin();
    const other = begin();
    const swapped = `${nameOf(cookie)}${other.cookie.split('=')[1]}`;
    for (const header of [undefined, '', other.cookie, swapped, `${cookie}x`, cookie.slice(0, -1)])
      assert.equal(logins.find(header, state)?.isHere, false, header);
  });

  test('is none by a state in which a bit was changed', () => {
    const { logins, begin } = bench();
    const { state, cookie } = begin();
    for (let at = 0; at < state.length; at += 7) {
      const forged = `${state.slice(0, at)}${state[at] === 'A' ? 'B' : 'A'}${state.slice(at + 1)}`;
      assert.equal(logins.find(cookie, forged), undefined, String(at));
    }
    for (const garbage of ['', 'x', state.slice(0, 20), state.slice(0, -4), `${state}A`, 'x'.repeat(10_000)])
      assert.equal(logins.find(cookie, garbage), undefined);
  });

  test('tells nobody what it needs: neither state nor cookie shows nonce, verifier or way', () => {
    const { begin } = bench();
    const { state, cookie } = begin('secret-page');
    for (const text of [state, cookie]) {
      const [, value = text] = text.split('=');
      const bytes = Buffer.from(value, 'base64url').toString('latin1');
      for (const told of ['nnnn', 'vvvv', 'secret-page', 'returnTo'])
        assert.ok(!text.includes(told) && !bytes.includes(told), told);
    }
  });

  test('given twice, with different values, is not here: one of them may be planted', () => {
    const { logins, begin } = bench(['a'], 'http://localhost');
    const { state, cookie } = begin();
    const other = `${nameOf(cookie)}other`;
    assert.equal(logins.find(`${cookie}; ${other}`, state)?.isHere, false);
    assert.equal(logins.find(`${other}; ${cookie}`, state)?.isHere, false);
  });

  test('stands under its own name and value, exactly: spaces and tabs are the only blanks around them', () => {
    const { logins, begin } = bench();
    const { state, cookie } = begin();
    for (let code = 1; code <= 0xff; code += 1) {
      const character = String.fromCharCode(code);
      const isSeparator = [' ', '\t', ';'].includes(character);
      for (const header of [`${character}${cookie}`, `a=b;${character}${cookie}`, `${cookie}${character}`])
        assert.equal(logins.find(header, state)?.isHere, isSeparator, JSON.stringify(header));
    }
    assert.equal(logins.find(`${cookie}=more`, state)?.isHere, false);
  });

  test('is opened with an older secret, and not with another or for another purpose', () => {
    const { begin } = bench(['a']);
    const { state, cookie } = begin();
    assert.ok(bench(['b', 'a']).logins.find(cookie, state)?.isHere);
    assert.equal(bench(['b']).logins.find(cookie, state), undefined);
    const [sealed, other] = ['one', 'other'].map((purpose) => createSealer(secrets('a'), purpose));
    assert.equal(other?.open(sealed?.seal('text', 'x') ?? '', 'x'), undefined);
  });

  test('of services that share a host name, each has cookies of its own', () => {
    const names = ['', '/a', '/a/b', '/b'].map((path) => {
      const { begin } = bench(['a'], `https://portal.example${path}`);
      return begin().cookie.slice(0, -31);
    });
    assert.equal(new Set(names).size, 4);
  });
});

test('a service at the root of a host leaves the sign-ins of one at a path alone', () => {
  const [root, path] = [bench(['a'], 'https://portal.example'), bench(['a'], 'https://portal.example/b')];
  const other = path.begin();
  const own = root.begin('page', other.cookie);
  assert.deepEqual(removed(own.cookies), []);
  const jar = `${other.cookie}; ${own.cookie}`;
  assert.deepEqual(removed(root.logins.find(jar, own.state)?.removal ?? []), [nameOf(own.cookie)]);
});

describe('the cookies of sign-ins under way', () => {
  test('are less than 2 kB, however many are begun, wherever they lead', () => {
    const { begin } = bench(['a'], 'https://portal.example/a/long/path/to/the/service');
    let jar: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      const { cookies, cookie } = begin('x'.repeat(1_400), jar.join('; '));
      const gone = removed(cookies);
      jar = [...jar.filter((kept) => !gone.includes(nameOf(kept))), cookie];
      assert.ok(jar.join('; ').length < 2_000);
    }
    assert.equal(jar.length, 20, 'the newest stay');
  });

  test('leave a state of 1,000 characters of any alphabet short enough for a URL', () => {
    const { begin } = bench();
    for (const letter of ['a', 'é', '語', '😀'])
      assert.ok(begin(letter.repeat(999)).state.length < 2_000, letter);
  });

  test('are removed with the one that is completed, if they are older: newer ones may be under way yet', () => {
    const { logins, begin } = bench();
    const begun = [begin(), begin(), begin()];
    const jar = begun.map(({ cookie }) => cookie);
    const found = logins.find(['a=b', ...jar].join('; '), begun[1]?.state as string);
    assert.deepEqual(removed(found?.removal ?? []), jar.slice(0, 2).map(nameOf));
    assert.deepEqual(logins.find('a=b', begun[1]?.state as string)?.removal, []);
  });
});
