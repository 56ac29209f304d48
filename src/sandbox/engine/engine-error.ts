/** A refusal in the engine's protocol; nothing else of it reaches the client. */
export class EngineError extends Error {
  readonly code: number;
  readonly parameter: string;

  constructor(code: number, message: string, parameter = '') {
    super(message);
    this.code = code;
    this.parameter = parameter;
  }
}

/** The codes of JSON-RPC 2.0, section 5.1, and those of the engine (`LocalizedErrorCode`) that occur here. */
export const CODES = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -128,
  accessDenied: 5,
  alreadyExists: 3,
  invalidPath: 4,
  resultTooLarge: 6001,
  limitReached: 6,
} as const;

/** The client sent parameters that make no sense; `parameter` says which. */
export function invalidParams(parameter: string): EngineError {
  return new EngineError(CODES.invalidParams, 'Invalid Params', parameter);
}
