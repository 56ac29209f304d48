import { LoginRefusedError, type PortalAuth } from '../portal/portal-auth.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import seed from '../sandbox/seed.json' with { type: 'json' };
import { list, optional, record, text } from '../shape.ts';

/** One of the users to pick from. Members that are not named here are claims. */
export interface DemoUser extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  readonly tenant?: string;
}

const MAX_ID = 256;

const demoUsers = list(
  record({
    id: text(1, MAX_ID),
    name: optional(text()),
    email: optional(text()),
    groups: optional(list(text())),
    tenant: optional(text()),
  }),
);

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
  let users: DemoUser[];
  try {
    users = JSON.parse(json);
  } catch {
    throw new Error('is not JSON');
  }
  const misfit =
    demoUsers(users) ?? (users.length === 0 ? { path: '', should: 'must not be empty' } : undefined);
  if (misfit)
    throw new Error(`expected [{ "id", "name", "email", "groups" }]: ${misfit.path || '/'} ${misfit.should}`);
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
      if (!found) throw new LoginRefusedError('bad_request', 'There is no such demo user.');
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
