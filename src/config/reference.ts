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
      'meant; alone it is a warning in the log. Those that Kubernetes, Docker and others set for themselves are passed over,',
      'and so are names near to `PORT`, `HOST` and others of fewer than seven letters, which may be anybody’s.',
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

/**
 * `.env.example`, generated from the table of settings: what has to be filled in, then the rest, commented out with its
 * default. Written so that Node, Docker, Compose and systemd read the same out of it.
 */
export function renderEnvExample(): string {
  const [firstPart, rest]: [Entry[], string[][]] = [[], []];
  for (const [heading, entries] of groups()) {
    const optional = entries.filter(([, { required, usual }]) => !required && !usual);
    firstPart.push(...entries.filter((entry) => !optional.includes(entry)));
    if (optional.length > 0)
      rest.push([`# --- ${heading}`, ...optional.flatMap((entry) => [...comment(entry), `#${line(entry)}`])]);
  }
  const required = [
    '# --- To be filled in',
    ...firstPart.flatMap((entry) => [...comment(entry), line(entry)]),
  ];
  return `${[ENV_HEADER, required, ...rest].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const ENV_HEADER = [
  '# cp .env.example .env, fill in the first part, then: npm run build && npm start',
  '#',
  '# `docker run --env-file`, env_file in Compose and EnvironmentFile in systemd take it, too: NAME=value, without quotes,',
  '# and nothing behind the value. They disagree about # $ \\ and quotes within: put a secret that has one of these into a',
  '# file, and write NAME_FILE=/path/to/it instead.',
  '#',
  '# docs/settings.md says more of each. Generated from src/config/settings/ by `npm run settings:write`.',
];

/** Characters in a line of comment. */
const WIDTH = 118;

function line([name, setting]: Entry): string {
  return `${name}=${setting.default?.replace('$PORT', '3000') ?? ''}`;
}

/** The first sentence of the documentation, as plain text. */
function comment([, { doc }]: Entry): string[] {
  const [sentence] = /^.*?\.(?= |$)/.exec(doc) ?? [doc];
  const lines: string[] = [];
  let last = '#';
  for (const word of sentence
    .replaceAll(/\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replaceAll('`', '')
    .split(' ')) {
    if (last.length + 1 + word.length > WIDTH) {
      lines.push(last);
      last = '#';
    }
    last += ` ${word}`;
  }
  return [...lines, last];
}

function written(setting: Setting): string {
  if (setting.required) return '(required)';
  return setting.default ? `\`${setting.default}\`` : '–';
}

function cell(markdown: string): string {
  return markdown.replaceAll('|', '\\|');
}
