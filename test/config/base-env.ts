import { readFileSync } from 'node:fs';
import { ConfigurationError, type Loaded, type LoadOptions, loadSettings } from '../../src/config/load.ts';

type Env = Record<string, string | undefined>;

/** The least that the service starts with. */
export const baseEnv = {
  QLIK_TENANT_URL: 'https://acme.eu.qlikcloud.com',
  QLIK_CLIENT_ID: 'client',
  QLIK_CLIENT_SECRET: 'tenant-secret',
  PORTAL_AUTH: 'demo',
  SESSION_SECRET: 's'.repeat(32),
};

/** The settings for the base environment with these changes; undefined takes a variable away. */
export function load(changes: Env = {}, options: Partial<LoadOptions> = {}): Loaded {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  return loadSettings({ env: { ...baseEnv, ...changes }, readFile, ...options });
}

/** The issues with the base environment and these changes, as `NAME: message`; none when it loads. */
export function problemsOf(changes: Env = {}, options: Partial<LoadOptions> = {}): string[] {
  try {
    load(changes, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.issues.map(({ name, message }) => `${name}: ${message}`);
  }
}

/** The names of the settings that have a problem. */
export function namesOfProblems(changes: Env = {}, options: Partial<LoadOptions> = {}): string[] {
  return problemsOf(changes, options).map((problem) => problem.split(':', 1)[0] as string);
}
