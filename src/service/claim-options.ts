import type { Settings } from '../config/settings.ts';
import type { ClaimOptions } from '../portal/claims.ts';

/** Which claims of an ID token or an assertion say who it is. */
export function claimOptions(settings: Settings): ClaimOptions {
  return {
    names: {
      id: settings.CLAIM_ID,
      email: settings.CLAIM_EMAIL,
      name: settings.CLAIM_NAME,
      groups: settings.CLAIM_GROUPS,
      others: settings.USER_CLAIM ? [settings.USER_CLAIM] : [],
    },
    trustEmail: settings.TRUST_EMAIL,
  };
}
