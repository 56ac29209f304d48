import type { TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { good, type HelperPage, type HelperPageOptions, openHelperPage } from './helper-page.ts';

const CONFIG = { body: { host: 'https://acme.example', clientId: 'c', authType: 'oauth2' } };

/** A page with the helper's tag in it, and a service that has a tenant and a token for it. */
export interface TagPage extends HelperPage {
  /** What the console said against the page's policy. */
  readonly violations: string[];
  /** What each tag for Qlik's script says. */
  embedTags(): Promise<Record<string, string>[]>;
}

export async function openTagPage(
  t: TestContext,
  browser: Browser,
  options: HelperPageOptions,
): Promise<TagPage> {
  const helper = await openHelperPage(t, browser, options);
  const violations: string[] = [];
  helper.page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  helper.answer(({ path }) => (path === '/qlik-config' ? CONFIG : good()));
  await helper.page.reload();
  return Object.assign(helper, {
    violations,
    embedTags: () =>
      helper.page.evaluate<Record<string, string>[]>(
        "[...document.documentElement.querySelectorAll('script[data-client-id]')].map(({ dataset }) => ({ ...dataset }))",
      ),
  });
}
