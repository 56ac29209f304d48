import type { Setting } from './settings/setting.ts';
import { settingsTable } from './settings.ts';

type Entry = [name: string, setting: Setting];

function groups(): [heading: string, entries: Entry[]][] {
  return Object.entries(settingsTable).map(([heading, group]) => [heading, Object.entries<Setting>(group)]);
}

/** `docs/settings.md`, generated from the table of settings. */
export function renderSettingsPage(): string {
  const sections = groups().map(([heading, entries]) => {
    const rows = entries.map(([name, setting]) => {
      const names = setting.fromFile ? `\`${name}\`<br>\`${name}_FILE\`` : `\`${name}\``;
      return `| ${names} | ${written(setting)} | ${cell(setting.kind.expected)} | ${cell(setting.doc)} |`;
    });
    return [`## ${heading}`, '', '| variable | default | written as | |', '|---|---|---|---|', ...rows].join(
      '\n',
    );
  });
  return `${[
    '<!-- Generated from src/config/settings/ by `npm run settings:write`. -->',
    '# Settings',
    [
      'The service reads its settings from environment variables. It checks them all at the start: when anything is',
      'wrong or contradictory, it lists every problem, binds nothing, and ends with exit code 78. An empty variable',
      'counts as absent. A variable that looks like one of these and is none is named, too, with the one that was probably',
      'meant; alone it is a warning in the log. Those that Kubernetes, Docker and others set for themselves are passed over.',
    ].join('\n'),
    [
      'A variable listed with a `_FILE` twin can be put into a file instead, with the path in the twin: one newline at',
      'its end is trimmed. Giving both is an error.',
    ].join('\n'),
    [
      'Nothing else is cut off a value. Quotes around it (which `docker --env-file` and systemd’s and shells’ files treat',
      'differently), blanks or line ends beside it, and a byte order mark in front stop the start, each with a word that',
      'repeats nothing of a secret.',
    ].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}

/** `.env.example`, generated from the table of settings. */
export function renderEnvExample(): string {
  const sections = groups().map(([heading, entries]) => {
    const lines = entries.map(([name, setting]) =>
      setting.required ? `${name}=` : `# ${name}=${setting.default?.replace('$PORT', '3000') ?? ''}`,
    );
    return [`# ${heading}`, ...lines].join('\n');
  });
  return `${[
    '# Generated from src/config/settings/ by `npm run settings:write`; docs/settings.md explains each.',
    ...sections,
  ].join('\n\n')}\n`;
}

function written(setting: Setting): string {
  if (setting.required) return '(required)';
  return setting.default ? `\`${setting.default}\`` : '–';
}

function cell(markdown: string): string {
  return markdown.replaceAll('|', '\\|');
}
