import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { LOGIN_LIFETIME_MS } from '../access/login-lifetime.ts';
import { trimBlanks } from '../lib/blanks.ts';
import type { OidcLogin } from '../portal/oidc.ts';
import type { Sealer } from '../portal/sealer.ts';

/** A sign-in that a browser has begun. */
export interface LoginUnderWay extends OidcLogin {
  /** Where it ends; to be judged again. */
  readonly returnTo: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
}

/**
 * The sign-ins under way in one browser, a short-lived sealed cookie each: tabs that begin at the same moment do not
 * overwrite each other's. `Lax` always, since it comes back with a navigation from the provider.
 */
export interface LoginCookies {
  /** `Set-Cookie` headers that add a sign-in, and remove the oldest and the worthless of those that are there. */
  add(cookieHeader: string | undefined, login: LoginUnderWay): string[];
  /** The sign-in with this state, when this browser began it and not too long ago. */
  find(cookieHeader: string | undefined, state: string): LoginUnderWay | undefined;
  /** A `Set-Cookie` header that removes the sign-in with this state. */
  removal(state: string): string;
}

export interface LoginCookiesOptions {
  readonly publicUrl: URL;
  readonly sealer: Sealer;
  readonly now: () => number;
}

const loginUnderWay: v.GenericSchema<unknown, LoginUnderWay> = v.object({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  returnTo: v.string(),
  begunAt: v.number(),
});

const MAX_UNDER_WAY = 5;
/** Browsers keep no cookie of more than 4096 bytes. */
const MAX_VALUE = 3_900;

export function createLoginCookies({ publicUrl, sealer, now }: LoginCookiesOptions): LoginCookies {
  const secure = publicUrl.protocol === 'https:';
  const prefix = `${secure ? '__Host-' : ''}qlik_token_broker_login_`;
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

  /** Says nothing of the state, which is in URLs. */
  const nameOf = (state: string) =>
    prefix + createHash('sha256').update(state).digest('base64url').slice(0, 12);
  const remove = (name: string) => `${name}=; ${flags}; Max-Age=0`;

  function open(name: string, value: string): LoginUnderWay | undefined {
    const text = sealer.open(value, name);
    if (text === undefined) return undefined;
    const { success, output: login } = v.safeParse(loginUnderWay, JSON.parse(text));
    return success && now() - login.begunAt < LOGIN_LIFETIME_MS ? login : undefined;
  }

  function seal(name: string, login: LoginUnderWay): string {
    const value = sealer.seal(JSON.stringify(login), name);
    return value.length <= MAX_VALUE ? value : sealer.seal(JSON.stringify({ ...login, returnTo: '/' }), name);
  }

  return {
    add(header, login) {
      const name = nameOf(login.state);
      const others = [...cookies(header, prefix)]
        .map(([other, value]) => ({ other, begunAt: open(other, value)?.begunAt ?? 0 }))
        .sort((a, b) => b.begunAt - a.begunAt);
      const kept = others.slice(0, MAX_UNDER_WAY - 1).filter(({ begunAt }) => begunAt > 0);
      return [
        ...others.slice(kept.length).map(({ other }) => remove(other)),
        `${name}=${seal(name, login)}; ${flags}; Max-Age=${LOGIN_LIFETIME_MS / 1_000}`,
      ];
    },

    find(header, state) {
      const name = nameOf(state);
      const value = cookies(header, prefix).get(name);
      return value === undefined ? undefined : open(name, value);
    },

    removal: (state) => remove(nameOf(state)),
  };
}

/** The cookies whose names begin so. Of two with one name neither counts: nobody can say which is ours. */
function cookies(header: string | undefined, prefix: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of header?.split(';') ?? []) {
    const text = trimBlanks(pair);
    const name = text.split('=', 1)[0] as string;
    if (name.startsWith(prefix)) found.set(name, found.has(name) ? '' : text.slice(name.length + 1));
  }
  return found;
}
