import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { jwtFor, openHelperPage } from '../support/helper-page.ts';
import { openTagPage } from '../support/tag-page.ts';
import { until } from '../support/until.ts';

const FIVE_MINUTES = 5 * 60_000;
const TAGS = {
  'a plain script': '<script src="/qlik-token.js" data-embed="/own.js"></script>',
  'a module': '<script type="module" src="/qlik-token.js" data-embed="/own.js"></script>',
};
const STRANGER = 'src="/qlik-token.js" data-global="getAccessToken" data-embed="/stranger.js"';
const scripts = {
  '/own.js': '(globalThis.ran ??= []).push("own");',
  '/stranger.js': '(globalThis.ran ??= []).push("stranger");',
};

/** Markup that is no script, such as a comment of some user's, which takes the names of what the document has. */
test('in a page where a stranger’s markup stands before it, the helper’s tag', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);

  for (const [how, tag] of Object.entries(TAGS)) {
    for (const [what, html] of [
      ['an image', `<img name="currentScript" ${STRANGER}>`],
      ['a form', `<form name="currentScript" ${STRANGER}></form>`],
      ['an embedded element', `<embed name="currentScript" type="module" ${STRANGER}>`],
      ['an object', `<object name="currentScript" ${STRANGER}></object>`],
      ['a frame', `<iframe name="currentScript" ${STRANGER}></iframe>`],
      ['a script of a picture', `<svg><script type="module" ${STRANGER}></script></svg>`],
      [
        'one named like each member in use',
        ['head', 'createElement', 'querySelectorAll', 'hidden', 'addEventListener']
          .map((name) => `<img name="${name}">`)
          .join(''),
      ],
      [
        'one with the id of each global in use',
        ['QlikToken', 'getAccessToken', 'addEventListener', 'trustedTypes', 'Document', 'top', 'origin']
          .map((id) => `<a id="${id}"></a>`)
          .join(''),
      ],
    ]) {
      await t.test(`as ${how} is the only one obeyed, for all of ${what}`, async (t) => {
        const helper = await openTagPage(t, browser, {
          policy: "default-src 'self'",
          html: html + tag,
          scripts,
        });
        await until(async () => (await helper.page.evaluate('globalThis.ran')) !== undefined);
        assert.deepEqual(await helper.page.evaluate('ran'), ['own']);
        assert.equal((await helper.embedTags()).length, 1);
        assert.equal(await helper.page.evaluate('getAccessToken()'), jwtFor('ada'));
      });
    }
  }

  await t.test('as a module is the only one obeyed, for a tag like it that the policy stops', async (t) => {
    const helper = await openTagPage(t, browser, {
      policy: "default-src 'none'; script-src 'nonce-n' 'strict-dynamic'; connect-src 'self'",
      html: `<script type="module" ${STRANGER}></script>${TAGS['a module'].replace('src', 'nonce="n" src')}`,
      scripts,
    });
    await until(async () => (await helper.page.evaluate('globalThis.ran')) !== undefined);
    assert.deepEqual(await helper.page.evaluate('ran'), ['own']);
    assert.equal((await helper.embedTags()).length, 1);
  });

  for (const [what, html] of [
    ['an image', `<img name="currentScript" ${STRANGER}><script src="/qlik-token.js"></script>`],
    ['a script of a picture', `<svg><script href="/qlik-token.js" ${STRANGER}></script></svg>`],
  ] as const) {
    await t.test(`says nothing, ${what} is not obeyed in its place`, async (t) => {
      const helper = await openTagPage(t, browser, { html, scripts });
      assert.equal(await helper.page.evaluate('typeof QlikToken'), 'object');
      assert.equal(await helper.page.evaluate('typeof getAccessToken'), 'undefined');
      assert.deepEqual(helper.asked, []);
    });
  }

  await t.test('keeps the session of somebody who works alive', async (t) => {
    const helper = await openHelperPage(t, browser, {
      html: '<img name="hidden"><script src="/qlik-token.js"></script><script src="/page.js"></script>',
    });
    await helper.page.clock.install();
    await helper.page.reload();
    await helper.token();
    await helper.page.keyboard.press('a');
    await helper.page.clock.fastForward(FIVE_MINUTES);
    await until(() => helper.asked.length === 2);
  });
});
