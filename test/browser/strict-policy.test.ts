import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { openHelperPage } from '../support/helper-page.ts';
import { openTagPage } from '../support/tag-page.ts';
import { until } from '../support/until.ts';

const NONCE = "default-src 'none'; script-src 'nonce-n'; connect-src 'self'";
const TYPED = `${NONCE}; require-trusted-types-for 'script'`;
const OWN_DEFAULT = "trustedTypes.createPolicy('default', { createScriptURL: (url) => url });";
const scripts = { '/own.js': 'globalThis.ran = true;', '/default.js': OWN_DEFAULT };
const TAGS = {
  'a plain script': '<script nonce="n" src="/qlik-token.js" data-embed="/own.js"></script>',
  'a deferred script': '<script nonce="n" defer src="/qlik-token.js" data-embed="/own.js"></script>',
  'a module': '<script nonce="n" type="module" src="/qlik-token.js" data-embed="/own.js"></script>',
};

test('data-embed under a policy', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);

  for (const [how, tag] of Object.entries(TAGS)) {
    for (const [what, policy] of [
      ['that wants a nonce', NONCE],
      ['that wants a nonce and Trusted Types', `${TYPED}; trusted-types qlik-token-broker`],
      ['that wants Trusted Types of any name', TYPED],
    ] as const) {
      await t.test(`${what}, in the tag of ${how}, adds Qlik’s script`, async (t) => {
        const helper = await openTagPage(t, browser, { html: tag, policy, scripts });
        await until(async () => (await helper.page.evaluate('globalThis.ran')) === true);
        assert.deepEqual(helper.violations, []);
      });
    }
  }

  await t.test('whose Trusted Types lack the helper’s, tells the page, and nothing is thrown', async (t) => {
    const helper = await openHelperPage(t, browser, {
      html: `<script nonce="n" src="/listen.js"></script>${TAGS['a plain script']}`,
      policy: `${TYPED}; trusted-types other`,
      scripts: {
        '/listen.js': `
          globalThis.told = [];
          addEventListener('qlik-token-error', ({ detail }) => told.push(detail));
          addEventListener('unhandledrejection', () => told.push('a rejection'));`,
      },
    });
    helper.answer(() => ({ body: { host: 'https://acme.example', clientId: 'c', authType: 'oauth2' } }));
    await helper.page.reload();
    await until(async () => (await helper.page.evaluate('told.length > 0')) === true);
    assert.deepEqual(await helper.page.evaluate('told'), [
      { title: 'Allow qlik-token-broker in trusted-types.', code: 'embed_not_trusted' },
    ]);
    assert.equal(await helper.page.evaluate("document.querySelector('[data-client-id]')"), null);
  });

  await t.test('whose Trusted Types lack the helper’s, but that has a default one, adds it', async (t) => {
    const html = `<script nonce="n" src="/default.js"></script>${TAGS['a plain script']}`;
    const policy = `${TYPED}; trusted-types default`;
    const helper = await openTagPage(t, browser, { html, policy, scripts });
    await until(async () => (await helper.page.evaluate('globalThis.ran')) === true);
  });

  await t.test('that wants Trusted Types does not get a way round them for other addresses', async (t) => {
    const helper = await openTagPage(t, browser, {
      html: `<script nonce="n" src="/spy.js"></script>${TAGS['a plain script']}`,
      policy: `${TYPED}; trusted-types qlik-token-broker`,
      scripts: {
        ...scripts,
        '/spy.js': `
          const { prototype } = TrustedTypePolicyFactory;
          const make = prototype.createPolicy;
          prototype.createPolicy = function (...given) {
            globalThis.made = make.apply(this, given);
            return made;
          };`,
      },
    });
    await until(async () => (await helper.page.evaluate('globalThis.ran')) === true);
    assert.equal(await helper.page.evaluate("made.createScriptURL('/evil.js').toString()"), '/own.js');
    for (const other of ['createHTML', 'createScript'])
      await assert.rejects(helper.page.evaluate(`made.${other}('x')`), /TypeError/);
  });
});
