import type { LoginPolicyConfig } from '../config/portal-config.ts';
import type { Emit } from '../events.ts';
import { LoginRefusedError, type LoginTrouble } from './portal-auth.ts';
import { eventUser, type PortalUser } from './portal-user.ts';
import { portalUser, type ToldUser, understood } from './told-user.ts';

/**
 * Who of those that are proven may sign in, and as what. Only who it is can refuse a sign-in, and what an operator
 * requires; whatever else is not understood is left out and told. Both calls throw a `LoginRefusedError`, which knows the
 * user: `sign_in_not_allowed` for whom `SIGN_IN_REQUIRE` or `GROUPS_STRICT` keeps out, `user_not_mapped` without a
 * claim that names the Qlik user.
 */
export interface LoginPolicy {
  /** At a sign-in. Tells what was not understood. */
  admit(told: ToldUser): PortalUser;
  /** The same for somebody who was admitted before and is named again; groups that are not understood refuse nobody. */
  admitAgain(told: ToldUser): PortalUser;
}

export interface LoginPolicyDeps {
  readonly config: LoginPolicyConfig;
  readonly emit: Emit;
}

export function createLoginPolicy({ config, emit }: LoginPolicyDeps): LoginPolicy {
  const { required, groupsStrict, namingQlikUser, emailFinds } = config;

  function tell(told: ToldUser, user: PortalUser): void {
    for (const claim of ['name', 'email', 'groups'] as const) {
      const part = told[claim];
      if (part && 'why' in part)
        emit({ type: 'login.claim_not_understood', user: eventUser(user), claim, why: part.why });
    }
    if (emailFinds && told.missingForEmail !== undefined)
      emit({
        type: 'login.email_missing',
        user: eventUser(user),
        claim: told.missingForEmail,
        told: told.told,
      });
  }

  function seeRequired(told: ToldUser, user: PortalUser): void {
    const unmet = required.find(({ claim, values }) => !values.some((value) => told.holds(claim, value)));
    if (unmet) throw notAllowed(user, { claim: unmet.claim });
    const missing = namingQlikUser.find((claim) => typeof user.claims?.[claim] !== 'string');
    if (missing !== undefined)
      throw new LoginRefusedError(
        'user_not_mapped',
        'The sign-in does not say which user in Qlik Cloud this is: USER_CLAIM is not told.',
        { user, details: { claim: missing, told: told.told } },
      );
  }

  return {
    admit(told) {
      const user = portalUser(told);
      tell(told, user);
      seeRequired(told, user);
      if (groupsStrict && told.groups && understood(told.groups) === undefined)
        throw notAllowed(user, { claim: 'groups', ...('why' in told.groups && { why: told.groups.why }) });
      return user;
    },
    admitAgain(told) {
      const user = portalUser(told);
      seeRequired(told, user);
      return user;
    },
  };
}

function notAllowed(user: PortalUser, details: LoginTrouble): LoginRefusedError {
  return new LoginRefusedError('sign_in_not_allowed', 'The user is not among those who may sign in.', {
    user,
    details,
  });
}
