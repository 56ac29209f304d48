import { BrokerError } from '../errors.ts';
import type { ConfigFile } from './config-file.ts';
import { looksLikePlace } from './place.ts';
import { contradictions, doubtsAbout, type Issue } from './rules.ts';
import type { Setting } from './settings/setting.ts';
import { type SettingName, type Settings, settings as table } from './settings.ts';
import { strayCharacters } from './stray-characters.ts';
import { unknownVariables } from './unknown-variables.ts';

/** Everything that is wrong with the configuration, found in one go. */
export class ConfigurationError extends BrokerError<'configuration_invalid'> {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super('configuration_invalid', issues.map(({ name, message }) => `${name}: ${message}`).join('\n'));
    this.issues = issues;
  }
}

/** Throw when a file's text is not what its reader can use; by the setting that names the file. */
export type FileChecks = Partial<Record<SettingName, (file: ConfigFile) => unknown>>;

export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly fileChecks?: FileChecks;
}

export interface Loaded {
  readonly settings: Settings;
  /** About variables that look like ours and are not, and settings that are probably not meant so. */
  readonly warnings: readonly Issue[];
}

/**
 * The settings for an environment. An empty variable counts as absent. Throws a `ConfigurationError` that names
 * all issues at once and repeats no secret.
 */
export function loadSettings({ env, readFile, fileChecks = {} }: LoadOptions): Loaded {
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};

  for (const [name, setting] of table) {
    try {
      const raw = rawValue(name, setting, env, readFile) ?? defaultOf(setting, values.PORT);
      if (raw === undefined) {
        if (setting.required) throw new Error(`is required: ${setting.kind.expected}`);
      } else if (setting.namesFile) {
        const path = setting.kind.parse(raw) as string;
        const file: ConfigFile = { path, text: read(path, shownPath(path), readFile) };
        fileChecks[name as SettingName]?.(file);
        values[name] = file;
      } else {
        values[name] = setting.kind.parse(raw);
      }
    } catch (error) {
      issues.push({ name: writtenAs(name, setting, env), message: (error as Error).message });
    }
  }

  const settings = values as Settings;
  issues.push(...contradictions(settings, new Set(issues.map(({ name }) => name))));
  const unknown = unknownVariables(env);
  // What is missing may be there under a name that is misspelt.
  if (issues.length > 0) throw new ConfigurationError([...issues, ...unknown]);
  return { settings, warnings: [...unknown, ...doubtsAbout(settings)] };
}

/** The variable that holds the setting. */
function writtenAs(name: string, setting: Setting, env: LoadOptions['env']): string {
  const lowerCase = name.toLowerCase();
  return setting.alsoLowerCase && env[lowerCase] ? lowerCase : name;
}

function rawValue(
  name: string,
  setting: Setting,
  env: LoadOptions['env'],
  readFile: LoadOptions['readFile'],
): string | undefined {
  const direct = env[writtenAs(name, setting, env)] || undefined;
  const path = setting.fromFile ? env[`${name}_FILE`] || undefined : undefined;
  if (direct !== undefined && path !== undefined)
    throw new Error(`give either ${name} or ${name}_FILE, not both`);
  if (path === undefined) return direct;
  const stray = strayCharacters(path);
  if (stray) throw new Error(`the path in ${name}_FILE ${stray}`);
  // Named by its variable: somebody may have put the secret itself there.
  return read(path, `the file in ${name}_FILE`, readFile).replace(/\r?\n$/, '');
}

/** `PORT` stands before what follows it; when it is unusable, that is one problem and no second one. */
function defaultOf(setting: Setting, port: unknown = 3000): string | undefined {
  return setting.default?.replace('$PORT', String(port));
}

/** Somebody may have put there what should be in the file. */
function shownPath(path: string): string {
  return looksLikePlace(path) ? path : 'the file that it names';
}

function read(path: string, label: string, readFile: LoadOptions['readFile']): string {
  try {
    return readFile(path);
  } catch (error) {
    throw new Error(`cannot read ${label}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`);
  }
}
