/** Why something could not be had now. */
export class Trouble extends Error {
  /** For the line at the top of the page; a sentence. */
  readonly headline: string;
  /** Whether to ask again by oneself. */
  readonly mayPass: boolean;
  /** When at the earliest, as far as the other side said. */
  readonly afterMs: number;
  /** What to tell when it has passed; a sentence. */
  readonly passed: string;

  constructor(
    message: string,
    headline: string,
    { mayPass = true, afterMs = 0, passed = 'Qlik is back.' } = {},
  ) {
    super(message);
    this.headline = headline;
    this.mayPass = mayPass;
    this.afterMs = afterMs;
    this.passed = passed;
  }
}

/** From a `Retry-After` in seconds. */
export function retryAfterMs(response: Response): number {
  return Math.max(Number(response.headers.get('retry-after')) || 0, 0) * 1_000;
}
