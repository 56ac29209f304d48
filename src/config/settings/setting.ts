import type { Kind } from '../kinds/kind.ts';

/** One setting: how it is written, what holds without it, and what it is for. */
export interface Setting<T = unknown> {
  readonly kind: Kind<T>;
  /** As it would be written in the environment; `$PORT` stands for the port in force. */
  readonly default?: string;
  readonly required?: true;
  /** Not required, and yet nearly everybody gives it: `.env.example` has it among what is. */
  readonly usual?: true;
  /** The value can also be put into a file whose path is in `<NAME>_FILE`. */
  readonly fromFile?: true;
  /** The same name in lower case is read, too, and wins. */
  readonly alsoLowerCase?: true;
  /** What the file holds that it names is wanted: a `ConfigFile`. */
  readonly namesFile?: true;
  /** For operators, in Markdown. */
  readonly doc: string;
}
