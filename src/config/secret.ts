import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A value that no log, `inspect`, template string or JSON can print. Only `reveal()` gives it out, so that a
 * search for that word finds each place where a secret leaves its wrapping.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one call that needs it. Never keep, log or return the result. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
