import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { jwtFor } from '../support/helper-page.ts';
import { openTagPage } from '../support/tag-page.ts';
import { until } from '../support/until.ts';

/** What a page under a policy without inline code and `eval` makes of the helper's tag. */
test('the helper’s script tag', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);

  const open = async (t: TestContext, html: string) => {
    const helper = await openTagPage(t, browser, { html });
    t.after(() => assert.deepEqual(helper.violations, []));
    return helper;
  };

  for (const [how, attributes] of [
    ['a plain script', ''],
    ['a deferred script', 'defer'],
    ['an asynchronous script', 'async'],
    ['a module', 'type="module"'],
    ['an asynchronous module', 'type="module" async'],
  ]) {
    await t.test(`as ${how} with data-global defines the global function`, async (t) => {
      const tag = `<script ${attributes} src="/qlik-token.js" data-global="qlikToken"></script>`;
      const helper = await open(t, tag);
      assert.equal(await helper.page.evaluate('qlikToken()'), jwtFor('ada'));
      assert.equal(helper.asked.length, 1);
    });

    await t.test(`as ${how} with data-embed adds Qlik’s script, once`, async (t) => {
      const tag = `<script ${attributes} src="/qlik-token.js" data-embed="/page.js"></script>`;
      const helper = await open(t, tag);
      await until(async () => (await helper.embedTags()).length > 0);
      assert.deepEqual(await helper.embedTags(), [
        { host: 'https://acme.example', clientId: 'c', authType: 'oauth2', getAccessToken: 'getAccessToken' },
      ]);
    });
  }

  await t.test('with an import of the same file beside it is obeyed once', async (t) => {
    const helper = await open(t, '<script src="/qlik-token.js" data-embed="/page.js"></script>');
    await until(async () => (await helper.embedTags()).length > 0);
    await helper.page.evaluate('globalThis.before = globalThis.getAccessToken; undefined');
    const token = "import('/qlik-token.js').then(({ createTokenProvider }) => createTokenProvider()())";
    assert.equal(await helper.page.evaluate(token), jwtFor('ada'));
    assert.equal(await helper.page.evaluate('before === globalThis.getAccessToken'), true);
    assert.equal((await helper.embedTags()).length, 1);
  });

  await t.test('without instructions defines no getAccessToken, and asks for nothing', async (t) => {
    for (const type of ['module', 'text/javascript']) {
      const helper = await open(t, `<script type="${type}" src="/qlik-token.js"></script>`);
      const names = "import('/qlik-token.js').then((own) => Object.keys(own))";
      assert.deepEqual(await helper.page.evaluate(names), ['createTokenProvider']);
      assert.equal(await helper.page.evaluate('typeof getAccessToken'), 'undefined');
      assert.deepEqual(helper.asked, []);
    }
  });
});
