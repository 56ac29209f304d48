import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { LOGIN_LIFETIME_MS } from '../access/login-lifetime.ts';
import { trimBlanks } from '../lib/blanks.ts';
import type { LoginSecrets } from '../portal/oidc.ts';
import type { Sealer } from '../portal/sealer.ts';
import { deploymentTag } from '../session/deployment-tag.ts';

/** A sign-in that a browser has begun. */
export interface LoginUnderWay extends LoginSecrets {
  /** Where it ends; to be judged again. */
  readonly returnTo: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
}

/** A sign-in to which a browser comes back from the provider. */
export interface FoundLogin {
  readonly login: LoginUnderWay;
  /** This browser began it, and has not forgotten that. */
  readonly isHere: boolean;
  /** `Set-Cookie` headers that make the browser forget it, and those that it began before. */
  readonly removal: string[];
}

/**
 * The sign-ins under way. What they need travels sealed in the `state` (RFC 6749 §10.12); the browser keeps a small
 * secret for each, without which the state is worth nothing. So tabs that begin at the same moment do not overwrite each
 * other's, and where they want to go does not grow the cookies that every request to this host carries. `Lax` always,
 * since the browser comes back with a navigation from the provider.
 */
export interface LoginsUnderWay {
  /** The state of a new sign-in, and `Set-Cookie` headers that add it and remove the oldest. */
  begin(cookieHeader: string | undefined, login: LoginUnderWay): { state: string; cookies: string[] };
  /** The sign-in with this state, begun not too long ago. */
  find(cookieHeader: string | undefined, state: string): FoundLogin | undefined;
}

export interface LoginsUnderWayOptions {
  readonly publicUrl: URL;
  readonly sealer: Sealer;
  readonly now: () => number;
}

const sealedLogin = v.object({
  nonce: v.string(),
  verifier: v.string(),
  returnTo: v.string(),
  begunAt: v.number(),
  browser: v.string(),
});

/** Together less than 2 kB. */
const MAX_UNDER_WAY = 20;
const SECRET_BYTES = 16;
const NAME_LENGTH = 8;
const CONTEXT = 'state';

export function createLoginsUnderWay({ publicUrl, sealer, now }: LoginsUnderWayOptions): LoginsUnderWay {
  const secure = publicUrl.protocol === 'https:';
  const prefix = `${secure ? '__Host-' : ''}qlik_token_broker_login${deploymentTag(publicUrl)}_`;
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

  const nameFor = (browser: string) => prefix + browser.slice(0, NAME_LENGTH);
  const remove = (name: string) => `${name}=; ${flags}; Max-Age=0`;

  function open(state: string): v.InferOutput<typeof sealedLogin> | undefined {
    const text = sealer.open(state, CONTEXT);
    if (text === undefined) return undefined;
    const { success, output } = v.safeParse(sealedLogin, JSON.parse(text));
    return success && now() - output.begunAt < LOGIN_LIFETIME_MS ? output : undefined;
  }

  return {
    begin(header, login) {
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const browser = digest(secret);
      // Browsers send the oldest first (RFC 6265 §5.4).
      const oldest = [...cookies(header, prefix).keys()].slice(0, 1 - MAX_UNDER_WAY);
      return {
        state: sealer.seal(JSON.stringify({ ...login, browser }), CONTEXT),
        cookies: [
          ...oldest.map(remove),
          `${nameFor(browser)}=${secret}; ${flags}; Max-Age=${LOGIN_LIFETIME_MS / 1_000}`,
        ],
      };
    },

    find(header, state) {
      const opened = open(state);
      if (!opened) return undefined;
      const { browser, ...login } = opened;
      const kept = cookies(header, prefix);
      const names = [...kept.keys()];
      const secret = kept.get(nameFor(browser));
      return {
        login,
        isHere: secret !== undefined && digest(secret) === browser,
        removal: names.slice(0, names.indexOf(nameFor(browser)) + 1).map(remove),
      };
    },
  };
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** The cookies whose names begin so. Of two with one name neither counts: nobody can say which is ours. */
function cookies(header: string | undefined, prefix: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of header?.split(';') ?? []) {
    const text = trimBlanks(pair);
    const name = text.split('=', 1)[0] as string;
    // Of exactly this length: that of a service at a path of this host begins in the same way.
    const isOurs = name.startsWith(prefix) && name.length === prefix.length + NAME_LENGTH;
    if (isOurs) found.set(name, found.has(name) ? '' : text.slice(name.length + 1));
  }
  return found;
}
