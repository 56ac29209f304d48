/** No token is to be had for this portal user. The message is safe to show. */
export class DirectoryError extends Error {
  readonly code: 'user_not_mapped' | 'user_ambiguous' | 'user_disabled' | 'user_denied';

  constructor(code: DirectoryError['code'], message: string) {
    super(message);
    this.name = 'DirectoryError';
    this.code = code;
  }
}

/** There is no such user at the tenant. */
export function notMapped(): DirectoryError {
  return new DirectoryError('user_not_mapped', 'This user has no user in Qlik Cloud.');
}

/** It is not for us to act as that user. */
export function denied(): DirectoryError {
  return new DirectoryError('user_denied', 'This user may not be impersonated.');
}
