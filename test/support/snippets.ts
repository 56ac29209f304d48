import { readFileSync } from 'node:fs';

/** A fenced block of a page of the docs. Its info string says its language and its name: ` ```js sales.js `. */
export interface Snippet {
  /** The page and the name: `front-end.md sales.js`. */
  readonly id: string;
  readonly language: string;
  readonly text: string;
}

const FENCE = /^```(?<language>\S*)[ ]*(?<name>[^\n]*)\n(?<text>.*?)^```$/gms;
const ANY_FENCE = /^\s*(```|~~~)/gm;

/** The fenced blocks of a page in `docs/`, in their order. Throws when one is written in another way. */
export function snippetsOf(page: string): Snippet[] {
  const markdown = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const blocks = [...markdown.matchAll(FENCE)];
  const fences = [...markdown.matchAll(ANY_FENCE)].length;
  if (fences !== 2 * blocks.length)
    throw new Error(`${page} has ${fences} fences for ${blocks.length} blocks`);
  return blocks.map(({ groups: { language = '', name = '', text = '' } = {} }) => ({
    id: `${page} ${name}`,
    language,
    text,
  }));
}
