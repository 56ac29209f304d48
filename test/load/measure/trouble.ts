/** The figures cannot be compared; the message says why. */
export class IncomparableError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'IncomparableError';
  }
}
