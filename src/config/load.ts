import { contradictions, type Problem } from './rules.ts';
import { type Setting, type SettingName, type Settings, settings as table } from './settings.ts';

/** Everything that is wrong with the configuration, found in one go. */
export class ConfigurationError extends Error {
  readonly code = 'configuration_invalid';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ name, message }) => `${name}: ${message}`).join('\n'));
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  /** For settings that name a file: throws when the file's text is not what its reader can use. */
  readonly fileChecks?: Partial<Record<SettingName, (content: string, path: string) => unknown>>;
}

export interface Loaded {
  readonly settings: Settings;
  /** About variables that look like ours and are not. */
  readonly warnings: readonly Problem[];
}

const OUR_PREFIXES =
  /^(ADMIN|ASSERTION|CLAIM|DEMO|OIDC|PORTAL|PROXY|QLIK|RATE_LIMIT|REDIS|SESSION|SHUTDOWN|STORE|TENANT|TENANTS|TOKEN|USER)_/;

/** Set by X11 desktops in every terminal; not a misspelling of ours. */
const NOT_OURS = new Set(['SESSION_MANAGER']);

/**
 * The settings for an environment. An empty variable counts as absent. Throws a `ConfigurationError` that names
 * all problems at once and repeats no secret.
 */
export function loadSettings({ env, readFile, fileChecks = {} }: LoadOptions): Loaded {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};

  for (const [name, setting] of table) {
    try {
      const raw = rawValue(name, setting, env, readFile);
      if (raw !== undefined) values[name] = setting.kind.parse(raw);
      else if (setting.required) throw new Error(`is required: ${setting.kind.expected}`);
      const check = fileChecks[name as SettingName];
      if (check && raw) check(read(raw, readFile), raw);
    } catch (error) {
      problems.push({ name, message: (error as Error).message });
    }
  }

  const settings = values as Settings;
  problems.push(...contradictions(settings, new Set(problems.map(({ name }) => name))));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { settings, warnings: unknownVariables(env) };
}

function rawValue(
  name: string,
  setting: Setting,
  env: LoadOptions['env'],
  readFile: LoadOptions['readFile'],
): string | undefined {
  const direct = env[name] || undefined;
  const path = setting.fromFile ? env[`${name}_FILE`] || undefined : undefined;
  if (direct !== undefined && path !== undefined)
    throw new Error(`give either ${name} or ${name}_FILE, not both`);
  if (path !== undefined) return read(path, readFile).replace(/\r?\n$/, '');
  return direct ?? setting.default?.replace('$PORT', env.PORT || '3000');
}

function read(path: string, readFile: LoadOptions['readFile']): string {
  try {
    return readFile(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`);
  }
}

function unknownVariables(env: LoadOptions['env']): Problem[] {
  return Object.keys(env)
    .filter((name) => OUR_PREFIXES.test(name) && !NOT_OURS.has(name) && !isKnown(name))
    .map((name) => ({ name, message: 'is not a setting; is it misspelt?' }));
}

function isKnown(name: string): boolean {
  return table.has(name) || (name.endsWith('_FILE') && table.get(name.slice(0, -5))?.fromFile === true);
}
