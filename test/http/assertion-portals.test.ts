import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AUDIENCE, ISSUER } from '../support/assertions.ts';
import { snippetsOf } from '../support/snippets.ts';
import { createTestService } from '../support/test-service.ts';

const PAGE = 'sign-in-assertion.md';
/** Its name would break what is put together from texts, or written in one byte a character. */
const USER = { id: 'ada', name: 'Łucja "Zoë" \\ O’Hara', groups: ['EMEA', 'Ventes & Co'] };
const json = JSON.stringify(USER);

/** How a portal of some language is run that prints one assertion for `USER`; Debian's own programs. */
interface Portal {
  readonly snippet: string;
  readonly command: readonly [string, ...string[]];
  /** What else lies in its folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Files without which it cannot run. */
  readonly needs: readonly string[];
  /** `npm run set-up` does not install it, since it is large. */
  readonly large?: true;
}

const portals: Record<string, Portal> = {
  Node: {
    snippet: 'assertion.mjs',
    command: [process.execPath, 'main.mjs'],
    files: {
      'main.mjs': `import { createAssertion } from './assertion.mjs';\nconsole.log(await createAssertion(${json}));`,
    },
    needs: [],
  },
  Python: {
    snippet: 'assertion.py',
    command: ['/usr/bin/python3', 'main.py'],
    files: {
      'main.py': `import json\nfrom assertion import create_assertion\nprint(create_assertion(json.loads(${JSON.stringify(json)})))`,
    },
    needs: [
      '/usr/bin/python3',
      '/usr/lib/python3/dist-packages/jwt',
      '/usr/lib/python3/dist-packages/cryptography',
    ],
  },
  PHP: {
    snippet: 'assertion.php',
    command: ['/usr/bin/php', 'main.php'],
    files: {
      'user.json': json,
      'main.php':
        "<?php require 'assertion.php'; echo create_assertion(json_decode(file_get_contents('user.json'), true));",
    },
    needs: ['/usr/bin/php'],
  },
  Java: {
    snippet: 'Assertions.java',
    // A file that is run as it is may hold several classes, of which the first is the program.
    command: ['/usr/bin/java', '-Dfile.encoding=US-ASCII', '-cp', '/usr/share/java/gson.jar', 'Main.java'],
    files: {},
    needs: ['/usr/bin/javac', '/usr/share/java/gson.jar'],
    large: true,
  },
};

/** A program around the class, in one file: imports come first. */
function javaProgram(snippet: string): string {
  const start = snippet.indexOf('class ');
  const groups = USER.groups.map((group) => JSON.stringify(group)).join(', ');
  const name = JSON.stringify(USER.name).replace(
    /[^ -~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${snippet.slice(0, start)}
public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(Assertions.create(new Assertions.User("${USER.id}", ${name}, List.of(${groups}))));
    }
}
${snippet.slice(start)}`;
}

function missing({ needs, large }: Portal): string | undefined {
  const absent = needs.filter((file) => !existsSync(file));
  if (absent.length === 0) return undefined;
  if (process.env.CI && !large)
    throw new Error(`missing: ${absent.join(', ')}; npm run set-up installs them on Debian`);
  return `missing: ${absent.join(', ')}`;
}

function run(folder: string, [program, ...args]: readonly [string, ...string[]]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const written = new Map(snippetsOf(PAGE).map(({ id, text }) => [id.slice(PAGE.length + 1), text]));
const snippet = (name: string) => {
  const text = written.get(name);
  assert.ok(text, name);
  return text;
};

/** A folder with the keys that the page's commands make. */
function keyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  run(folder, ['sh', '-euc', snippet('keys')]);
  return folder;
}

test('each snippet of docs/sign-in-assertion.md has a test, but .NET’s', () => {
  const here = ['keys', 'settings', ...Object.values(portals).map((portal) => portal.snippet)];
  const inTheBrowser = ['page.html', 'session.js', 'sign-out.js'];
  const untested = ['', 'Assertions.cs'];
  assert.deepEqual([...written.keys()].sort(), [...here, ...inTheBrowser, ...untested].sort());
});

describe('docs/sign-in-assertion.md: an assertion signed by', () => {
  for (const [language, portal] of Object.entries(portals)) {
    test(`${language} opens a session`, async (t) => {
      const why = missing(portal);
      if (why) return t.skip(why);
      const folder = keyFolder(t);
      symlinkSync(
        fileURLToPath(new URL('../../node_modules', import.meta.url)),
        join(folder, 'node_modules'),
      );
      const source = snippet(portal.snippet);
      const files = language === 'Java' ? { 'Main.java': javaProgram(source) } : { [portal.snippet]: source };
      for (const [name, text] of Object.entries({ ...portal.files, ...files }))
        writeFileSync(join(folder, name), text);

      const settings = Object.fromEntries(
        snippet('settings')
          .trim()
          .split('\n')
          .map((line) => line.split('=', 2)),
      );
      const service = await createTestService(t, {
        env: { ...settings, ASSERTION_PUBLIC_KEY_FILE: join(folder, 'portal-key.pub.pem') },
      });
      const post = (token: string) =>
        service.app.inject({
          method: 'POST',
          url: '/session',
          headers: { authorization: `Bearer ${token}`, origin: 'https://portal.example.com' },
        });

      const token = run(folder, portal.command);
      const opened = await post(token);
      assert.equal(opened.statusCode, 204, opened.body);
      assert.equal((await post(token)).json().code, 'assertion_invalid');
      const cookie = String(opened.headers['set-cookie']).split(';', 1)[0];
      const { user } = (await service.fetch({ url: '/session', cookie })).json();
      assert.deepEqual([user.id, user.name], [USER.id, USER.name]);

      const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
      assert.deepEqual([claims.iss, claims.aud, claims.groups], [ISSUER, AUDIENCE, USER.groups]);
      assert.equal(claims.exp - claims.iat, 60);
      assert.notEqual(run(folder, portal.command), token);
    });
  }
});
