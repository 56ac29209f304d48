import { BrokerError } from '../errors.ts';

type DirectoryErrorCode = 'user_not_mapped' | 'user_ambiguous' | 'user_disabled' | 'user_denied';

/** No token is to be had for this portal user. The message is safe to show. */
export class DirectoryError extends BrokerError<DirectoryErrorCode> {}

/** There is no such user at the tenant. */
export function notMapped(): DirectoryError {
  return new DirectoryError('user_not_mapped', 'This user has no user in Qlik Cloud.');
}

/** The same, where the user could still be found by an e-mail, if there was one. */
export function notMappedWithoutEmail(): DirectoryError {
  return new DirectoryError(
    'user_not_mapped',
    'This user has no user in Qlik Cloud by that id, and the sign-in brought no verified e-mail to find one by.',
  );
}

/** It is not for us to act as that user. */
export function denied(): DirectoryError {
  return new DirectoryError('user_denied', 'This user may not be impersonated.');
}
