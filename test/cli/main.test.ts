import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runBuilt } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';

describe('the command line', () => {
  const cases: [string[], number, RegExp][] = [
    [['--help'], 0, /Usage: qlik-token-broker <command>/],
    [['-h'], 0, /Usage: qlik-token-broker <command>/],
    [['help'], 0, /Usage: qlik-token-broker <command>/],
    [[], 0, /Usage: qlik-token-broker <command>/],
    [['version'], 0, /^qlik-token-broker \d+\.\d+\.\d+ on Node \d+/],
    [['version', '--json'], 0, /^\{"version":"\d+\.\d+\.\d+","node":"/],
    [['--version'], 0, /^qlik-token-broker \d+\.\d+\.\d+ on Node \d+/],
    [['-v'], 0, /^qlik-token-broker \d+\.\d+\.\d+ on Node \d+/],
    [['-V'], 0, /^qlik-token-broker \d+\.\d+\.\d+ on Node \d+/],
    [['--version', '--json'], 0, /^\{"version":"/],
    [['version', '--help'], 0, /Usage: qlik-token-broker version/],
    [['version', '-h'], 0, /Usage: qlik-token-broker version/],
    [['serve', '--help'], 0, /Usage: qlik-token-broker serve/],
    [['demo', '--help'], 0, /Usage: qlik-token-broker demo/],
    [['sandbox', '--help'], 0, /Usage: qlik-token-broker sandbox/],
    [['serve'], 78, /PORTAL_AUTH: is required/],
    [['serve', 'now'], 2, /takes no arguments\nqlik-token-broker serve --help shows how to call it\./],
    [['version', '--nonsense'], 2, /nonsense/],
    [['demo', '--port', 'x'], 2, /port/],
    // The tenant has started by then.
    [['demo', '--log-level', 'x'], 78, /LOG_LEVEL: expected/],
    [['sandbox', 'there-is-no-such-program'], 1, /cannot run `there-is-no-such-program`: ENOENT\n/],
    [['sandbox', '--', 'sh', '-c', 'exit 7'], 7, /Sandbox tenant +http/],
    [['sandbox', 'sh', '-c', 'exit 7'], 2, /after '--'/],
    [['constructor'], 2, /no command `constructor`\.\n/],
    [['serv'], 2, /no command `serv`\. Did you mean `serve`\?\n/],
  ];
  for (const [args, code, printed] of cases) {
    test(`qlik-token-broker ${args.join(' ')} ends with ${code}`, async (t) => {
      const child = runBuilt(t, 'dist/cli/main.js', args);
      assert.equal(await child.ended(), code, child.output());
      assert.match(child.output(), printed);
    });
  }

  test('sandbox prints the credentials that its tenant takes', async (t) => {
    const child = runBuilt(t, 'dist/cli/main.js', ['sandbox', '--port', String(await freePort()), '--json']);
    const [line] = await child.printed(/^\{.*\}$/m);
    const { url, impersonationClient } = JSON.parse(line);
    const response = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: impersonationClient.clientId,
        client_secret: impersonationClient.clientSecret,
        grant_type: 'client_credentials',
      }),
    });
    assert.equal(response.status, 200);
  });
});
