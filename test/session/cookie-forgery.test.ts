import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../src/config/secret.ts';
import { createSessionCookie } from '../../src/session/session-cookie.ts';
import { createTestService, SECRET_A, SECRET_B } from '../support/test-service.ts';
import { assertProblem, assertRemoved, COOKIE } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

const cookie = createSessionCookie({
  publicUrl: new URL('http://localhost:3000'),
  secrets: [new Secret(SECRET_A), new Secret(SECRET_B)],
  sameSite: 'lax',
});
const id = 'uQ0v1Zk3mW8sB5yN7cTqXr2LhJdPfGaE';
const signed = signedValue(id);

describe('a cookie’s value', () => {
  test('given as it was issued, is read and verified', () => {
    const header = cookie.issue(id).split(';', 1)[0];
    assert.deepEqual(cookie.verify(cookie.read(header) ?? ''), { id, renew: false });
  });

  test('given any one character of another kind, is not accepted', () => {
    fc.assert(
      fc.property(
        fc.nat(signed.length - 1),
        fc.string({ unit: 'binary', minLength: 0, maxLength: 2 }),
        (at, other) => {
          const mutated = signed.slice(0, at) + other + signed.slice(at + 1);
          fc.pre(mutated !== signed);
          assert.equal(cookie.verify(mutated), undefined);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('given any one bit flipped, is not accepted', () => {
    for (let bit = 0; bit < signed.length * 8; bit++) {
      const bytes = Buffer.from(signed, 'latin1');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(cookie.verify(bytes.toString('latin1')), undefined, `bit ${bit}`);
    }
  });

  test('given cut off anywhere, or with something added, is not accepted', () => {
    for (let length = 0; length < signed.length; length++) {
      assert.equal(cookie.verify(signed.slice(0, length)), undefined);
      assert.equal(cookie.verify(signed.slice(length + 1)), undefined);
    }
    for (const more of ['=', '.', 'A', ' ', '\0']) {
      assert.equal(cookie.verify(signed + more), undefined);
      assert.equal(cookie.verify(more + signed), undefined);
    }
  });

  test('given any text at all in the header, is accepted only when it is what was signed', () => {
    fc.assert(
      fc.property(fc.nat(signed.length), fc.nat(3), fc.string({ maxLength: 4 }), (at, removed, inserted) => {
        const raw = signed.slice(0, at) + inserted + signed.slice(at + removed);
        const value = cookie.read(`${COOKIE}=${raw}`);
        const verified = value === undefined ? undefined : cookie.verify(value);
        assert.equal(verified !== undefined, value === signed);
      }),
      { numRuns: 2_000 },
    );
  });

  test('given the signature of another id, is not accepted', () => {
    const [, signature] = signedValue('another').split('.');
    assert.equal(cookie.verify(`${id}.${signature}`), undefined);
  });

  test('given signed by another service, is not accepted', () => {
    const other = createSessionCookie({
      publicUrl: new URL('http://localhost:3000'),
      secrets: [new Secret('c'.repeat(40))],
      sameSite: 'lax',
    });
    assert.equal(cookie.verify(signedValue(id, other)), undefined);
  });
});

describe('a Cookie header', () => {
  const other = signedValue('another');

  test('with the same cookie twice is read: a browser may hold it under two paths', () => {
    assert.equal(cookie.read(`${COOKIE}=${signed}; a=b; ${COOKIE}=${signed}`), signed);
  });

  test('with two that differ is not read: nobody can say whose they are', () => {
    assert.equal(cookie.read(`${COOKIE}=${signed}; ${COOKIE}=${other}`), undefined);
    assert.equal(cookie.read(`${COOKIE}=${other}; ${COOKIE}=${signed}`), undefined);
    assert.equal(cookie.read(`${COOKIE}=; ${COOKIE}=${signed}`), undefined);
  });

  test('with cookies that only look alike is read all the same', () => {
    const alike = [
      `${COOKIE}2=${other}`,
      `x${COOKIE}=${other}`,
      `${COOKIE.toUpperCase()}=${other}`,
      `__Host-${COOKIE}=${other}`,
      `${COOKIE}x`,
      COOKIE,
      '=',
      '',
      `=${COOKIE}=${other}`,
      `a=b ${COOKIE}=${other}`,
      `a="b ${COOKIE}=${other}"`,
    ];
    for (const another of alike) {
      assert.equal(cookie.read(`${another}; ${COOKIE}=${signed}`), signed, another);
      assert.equal(cookie.read(`${COOKIE}=${signed};${another}`), signed, another);
    }
  });

  // A sibling domain may set a cookie of any name that does not begin with `__Host-`, exactly.
  test('knows no blanks but spaces and tabs: what a browser takes for another name is another name', () => {
    for (let code = 1; code <= 0xff; code += 1) {
      const character = String.fromCharCode(code);
      const isSeparator = [' ', '\t', ';'].includes(character);
      for (const header of [
        `${character}${COOKIE}=${signed}`,
        `a=b;${character}${COOKIE}=${signed}`,
        `a=b; ${character} ${COOKIE}=${signed}`,
      ])
        assert.equal(cookie.read(header), isSeparator ? signed : undefined, JSON.stringify(header));
      const beside = `${character}${COOKIE}=${signedValue('other')}; ${COOKIE}=${signed}`;
      assert.equal(cookie.read(beside), isSeparator ? undefined : signed, JSON.stringify(beside));
      if (isSeparator) continue;
      const value = cookie.read(`${COOKIE}=${signed}${character}`);
      assert.equal(value && cookie.verify(value), undefined, JSON.stringify(character));
    }
  });

  test('without ours, or with an empty one, holds nothing', () => {
    for (const header of [undefined, '', ';', COOKIE, `${COOKIE}=`, `${COOKIE}= `, 'a=b']) {
      assert.equal(cookie.read(header), undefined);
    }
  });

  test('of any text never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const header of [text, `${COOKIE}=${text}`, `${text}; ${COOKIE}=${text};${text}`]) {
          cookie.isIn(header);
          const value = cookie.read(header);
          if (value !== undefined) assert.equal(cookie.verify(value), undefined);
        }
      }),
    );
  });
});

describe('a request with a cookie that is not ours', () => {
  const forged: [string, string][] = [
    ['empty', ''],
    ['empty quotes', '""'],
    ['no signature', id],
    ['only a dot', '.'],
    ['an empty id with a signature', signedValue('')],
    ['a truncated signature', signed.slice(0, -1)],
    ['another service’s', `${id}.${'A'.repeat(43)}`],
    ['broken percent-encoding', '%E0%A4%A'],
    ['__proto__', '__proto__.__proto__'],
    ['8 kB', 'x'.repeat(8_000)],
    ['1 MB', 'x'.repeat(1_000_000)],
  ];

  for (const [what, value] of forged) {
    test(`given ${what}, is signed out with a 401 that removes it`, async (t) => {
      const service = await createTestService(t);
      for (const url of ['/session', '/qlik-token', '/qlik-config']) {
        const response = await service.fetch({ url, cookie: `${COOKIE}=${value}` });
        assertProblem(response, 401, what.startsWith('an empty id') ? 'session_expired' : 'session_required');
        assertRemoved(response);
      }
    });

    test(`given ${what}, can sign in and sign out`, async (t) => {
      const service = await createTestService(t);
      const header = { cookie: `${COOKIE}=${value}` };

      const out = await service.fetch({ method: 'POST', url: '/logout', ...header });
      assert.equal(out.statusCode, 200);
      assertRemoved(out);
      const page = await service.fetch({ url: '/login', ...header });
      assert.equal(page.statusCode, 200);
      const loggedIn = await service.fetch({
        method: 'POST',
        url: '/login',
        payload: { user: 'ada' },
        ...header,
      });
      assert.equal(loggedIn.statusCode, 204);
    });
  }

  test('given a signature that is wrong, costs no look into the store', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });

    for (const url of ['/session', '/qlik-token', '/qlik-config', '/login']) {
      await service.fetch({ url, cookie: `${COOKIE}=${id}.${'A'.repeat(43)}` });
    }

    assert.deepEqual(store.calls, []);
  });

  test('given two cookies that differ, neither is believed, and no session ends', async (t) => {
    const service = await createTestService(t);
    const ada = await service.login('ada');
    const bruno = await service.login('bruno');

    // Guards against cookie tossing: another site may have planted the first of the two.
    await service.fetch({ method: 'POST', url: '/logout', cookie: `${ada}; ${bruno}` });

    assert.equal((await service.fetch({ url: '/session', cookie: ada })).statusCode, 200);
    assert.equal((await service.fetch({ url: '/session', cookie: bruno })).statusCode, 200);
    assertProblem(
      await service.fetch({ url: '/session', cookie: `${ada}; ${bruno}` }),
      401,
      'session_required',
    );
  });

  test('given 1 MB over a socket, is refused and harms nobody', async (t) => {
    const service = await createTestService(t);
    const { hostname, port } = new URL(await service.listen());

    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), hostname);
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        socket.destroy();
        resolve(text);
      });
      socket.on('error', () => (text === '' ? reject(new Error('no answer')) : undefined));
      socket.write(
        `GET /session HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nCookie: ${COOKIE}=${'x'.repeat(1_000_000)}\r\n\r\n`,
      );
    });

    assert.match(answer, /^HTTP\/1\.1 431 /);
    assert.equal((await service.fetch({ url: '/livez' })).statusCode, 200);
  });
});

/** The value of the cookie with which that id is issued. */
function signedValue(id: string, by = cookie): string {
  return by.issue(id).slice(`${COOKIE}=`.length).split(';', 1)[0] as string;
}
