import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium is, or undefined; then the test is skipped, and fails when `CI` is set. */
export function chromiumPath(t: TestContext): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (found) return found;
  if (process.env.CI) throw new Error('chromium is missing: npm run set-up installs it on Debian');
  t.skip('chromium is missing');
  return undefined;
}

/** A headless browser that talks to loopback only; closed with the test. */
export async function launchChromium(t: TestContext, executablePath: string): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: chromiumArguments() });
  t.after(() => browser.close());
  return browser;
}

/** With these, Chromium talks to loopback only; each of `names` leads there, too. */
export function chromiumArguments(names: readonly string[] = []): string[] {
  const rules = [
    ...names.map((name) => `MAP ${name} 127.0.0.1`),
    ...['MAP * ~NOTFOUND', 'EXCLUDE localhost', 'EXCLUDE 127.0.0.1'],
  ];
  return [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--host-resolver-rules=${rules.join(' , ')}`,
  ];
}
