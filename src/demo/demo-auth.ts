import * as v from 'valibot';
import { parseStrictJson } from '../lib/strict-json.ts';
import type { LoginPolicy } from '../portal/login-policy.ts';
import { LoginRefusedError, type PortalAuth } from '../portal/portal-auth.ts';
import { sameEmail } from '../portal/same-email.ts';
import { MAX_ID, namesForLog, type Told, type ToldUser } from '../portal/told-user.ts';
import seed from '../sandbox/seed.json' with { type: 'json' };

const demoUser = v.looseObject({
  id: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_ID)),
  name: v.optional(v.string()),
  email: v.optional(v.string()),
  groups: v.optional(v.array(v.string())),
  tenant: v.optional(v.string()),
});
const demoUsers = v.pipe(v.array(demoUser), v.nonEmpty());

/** One of the users to pick from. Members that are not named here are claims. */
export type DemoUser = v.InferOutput<typeof demoUser>;

/** The sign-in for one's own machine: whoever asks is whom they pick. */
export interface DemoAuth extends PortalAuth<{ user: string }> {
  readonly users: readonly DemoUser[];
}

export interface DemoAuthDeps {
  readonly users: readonly DemoUser[];
  /** Names of the claims that the session keeps. */
  readonly claims: readonly string[];
  readonly policy: LoginPolicy;
}

/** Users as `DEMO_USERS` holds them. Throws an `Error` that says what is wrong. */
export function parseDemoUsers(json: string): DemoUser[] {
  const { success, output: users, issues } = v.safeParse(demoUsers, parseStrictJson(json));
  if (!success) {
    const [{ path = [], expected }] = issues;
    const place = path.map(({ key }) => `/${key}`).join('') || '/';
    throw new Error(`expected [{ "id", "name", "email", "groups" }]: ${place} must be ${expected}`);
  }
  if (new Set(users.map(({ id }) => id)).size < users.length) throw new Error('holds the same id twice');
  return users;
}

/** The users of the sandbox tenant, under their Qlik subjects. */
export function sandboxUsers(): DemoUser[] {
  return seed.users
    .filter(({ status }) => status === 'active')
    .map(({ subject, name, email, groups }) => ({ id: subject, name, email, groups }));
}

export function createDemoAuth({ users, claims, policy }: DemoAuthDeps): DemoAuth {
  return {
    users,

    async authenticate({ user: id }) {
      const found = users.find((user) => user.id === id);
      if (!found) throw new LoginRefusedError('bad_request', 'There is no such demo user.');
      return policy.admit(toldByDemo(found, claims));
    },
  };
}

/** Everything counts as it stands in the file. */
function toldByDemo(user: DemoUser, claims: readonly string[]): ToldUser {
  const { id, name, email, groups, tenant } = user;
  const kept = claims.filter((claim) => Object.hasOwn(user, claim)).map((claim) => [claim, user[claim]]);
  const told = <T>(value: T | undefined): Told<T> => (value === undefined ? undefined : { value });
  return {
    id,
    tenant,
    name: told(name),
    email: told(email),
    groups: told(groups),
    claims: Object.fromEntries(kept),
    holds(claim, value) {
      const held = [Object.hasOwn(user, claim) ? user[claim] : undefined].flat();
      return claim === 'email' ? sameEmail(email ?? '', value) : held.some((one) => String(one) === value);
    },
    told: namesForLog(Object.keys(user)),
    missingForEmail: email ? undefined : 'email',
  };
}
