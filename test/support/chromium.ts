import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** How long a page may take to come to what is waited for: so long that no machine is too slow. */
const PATIENCE_MS = 180_000;

/** Where a browser is, or undefined; then the test is skipped, and fails when `CI` is set. */
export function chromiumPath(t: TestContext, program = 'chromium-headless-shell'): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
  if (found) return found;
  if (process.env.CI) throw new Error(`${program} is missing: npm run set-up installs it on Debian`);
  t.skip(`${program} is missing`);
  return undefined;
}

let browser: Browser | undefined;
after(() => browser?.close());

/** This process's headless browser, which talks to loopback only; what the test opens in it is closed with the test. */
export async function launchChromium(t: TestContext, executablePath: string): Promise<Browser> {
  if (!browser?.isConnected())
    browser = (await chromium.launch({ executablePath, args: chromiumArguments() })).on('context', wait);
  const shared = browser;
  const others = new Set(shared.contexts());
  t.after(async () => {
    const own = shared.contexts().filter((context) => !others.has(context));
    await Promise.all(own.map((context) => context.close()));
  });
  return shared;
}

/** A whole Chromium with preferences, which the headless shell has none of; closed with the test. */
export async function launchWithPreferences(
  t: TestContext,
  executablePath: string,
  preferences: unknown,
  names: readonly string[] = [],
): Promise<BrowserContext> {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  mkdirSync(join(folder, 'Default'));
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: chromiumArguments(names),
    ignoreHTTPSErrors: true,
    locale: 'en-US',
  });
  wait(context);
  t.after(async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return context;
}

/** Has everything in it wait long enough. */
function wait(context: BrowserContext): void {
  context.setDefaultTimeout(PATIENCE_MS);
}

/** With these, Chromium talks to loopback only; each of `names` leads there, too. */
function chromiumArguments(names: readonly string[] = []): string[] {
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
