import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import seed from '../sandbox/seed.json' with { type: 'json' };
import { type PortalAuth, SignInRefusedError } from './portal-auth.ts';
import type { PortalUser } from './portal-user.ts';

const DemoUsers = Type.Array(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 256 }),
    name: Type.Optional(Type.String()),
    email: Type.Optional(Type.String()),
    groups: Type.Optional(Type.Array(Type.String())),
    tenant: Type.Optional(Type.String()),
  }),
  { minItems: 1 },
);

const demoUsers = Compile(DemoUsers);

/** One of the users to pick from. Members that are not named here are claims. */
export type DemoUser = Static<typeof DemoUsers>[number] & Readonly<Record<string, unknown>>;

/** The sign-in for one's own machine: whoever asks is whom they pick. */
export interface DemoAuth extends PortalAuth<{ user: string }> {
  readonly users: readonly DemoUser[];
}

export interface DemoAuthDeps {
  readonly users: readonly DemoUser[];
  /** Names of the claims that the session keeps. */
  readonly claims: readonly string[];
}

/** Users as `DEMO_USERS` holds them. Throws an `Error` that says what is wrong. */
export function parseDemoUsers(json: string): DemoUser[] {
  let users: unknown;
  try {
    users = JSON.parse(json);
  } catch {
    throw new Error('is not JSON');
  }
  if (!demoUsers.Check(users)) {
    const [first] = demoUsers.Errors(users);
    throw new Error(
      `expected [{ "id", "name", "email", "groups" }]: ${first?.instancePath || '/'} ${first?.message}`,
    );
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

export function createDemoAuth({ users, claims }: DemoAuthDeps): DemoAuth {
  return {
    users,

    async authenticate({ user: id }) {
      const found = users.find((user) => user.id === id);
      if (!found) throw new SignInRefusedError('bad_request', 'There is no such demo user.');
      return portalUser(found, claims);
    },
  };
}

function portalUser(user: DemoUser, claims: readonly string[]): PortalUser {
  const { id, name, email, groups, tenant } = user;
  const kept = claims.filter((claim) => Object.hasOwn(user, claim)).map((claim) => [claim, user[claim]]);
  return {
    id,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(groups !== undefined && { groups }),
    ...(tenant !== undefined && { tenant }),
    ...(kept.length > 0 && { claims: Object.fromEntries(kept) }),
  };
}
