import { decoded } from './decoded.ts';
import { type Kind, kind } from './kind.ts';
import { bareUrl, isSecure, secureUrl } from './urls.ts';

/** Entra ID, in the clouds that it has. */
const ENTRA_HOST = /^login\.(partner\.)?microsoftonline\.(com|us|cn)$/;
/** They stand for all directories; no ID token ever has them in its `iss`. */
const EVERY_DIRECTORY = /^\/(common|organizations)(\/|$)/i;

/**
 * An identity provider's issuer (OpenID Connect Discovery 1.0 §3), spelt as the provider does: it stays as it is. Plain
 * http passes on loopback only; `rules/oidc.ts` refuses it in production.
 */
export const issuer: Kind<string> = kind(
  'an issuer such as `https://login.example.com/realms/main`: https, no query',
  (raw) => {
    const url = /^https?:/.test(raw) ? bareUrl(raw) : undefined;
    if (!url || url.pathname.includes('/.well-known/')) return undefined;
    if (ENTRA_HOST.test(url.hostname) && EVERY_DIRECTORY.test(url.pathname))
      throw new Error(
        `names every directory; take \`${url.origin}/<Directory (tenant) ID>/v2.0\`, of the one whose people may sign in`,
      );
    return isSecure(url) ? raw : undefined;
  },
);

/** Parameters of an authorization request, each once. */
export type AuthorizationParameters = Readonly<Record<string, string>>;

/**
 * Where an identity provider's metadata are (OpenID Connect Discovery 1.0 §4). Plain http passes on loopback only;
 * `rules/oidc.ts` refuses it in production.
 */
export const metadataUrl: Kind<string> = kind(
  'the whole URL of the metadata, such as `https://keycloak.internal/realms/main/.well-known/openid-configuration`: https, no credentials, no fragment',
  (raw) => {
    const url = secureUrl(raw);
    return url?.pathname.includes('/.well-known/') ? url.href : undefined;
  },
);

/** What the service says itself, or must not be said through a browser; in lower case. */
const RESERVED: ReadonlySet<string> = new Set([
  // RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'code_verifier'],
  // RFC 9101 and OpenID Connect Core 1.0 §6, §7.2.1: they would stand for all the others.
  ...['request', 'request_uri', 'registration'],
  // RFC 6749 §2.3.1, RFC 7521 §4.2
  ...['client_secret', 'client_assertion', 'client_assertion_type'],
  // Answers, and what belongs to the token request or to one user
  ...['code', 'error', 'grant_type', 'id_token_hint', 'access_token'],
]);

/**
 * Further parameters of the authorization request, as in the query of a URL: decoded once. Throws an `Error` that names
 * what may not be there.
 */
export const authorizationParameters: Kind<AuthorizationParameters> = {
  expected: 'a query such as `prompt=select_account&domain_hint=acme.example`, percent-encoded',

  parse(raw) {
    const names = new Set<string>();
    const parameters: [string, string][] = raw.split('&').map((pair) => {
      const [name, value] = [fromForm(pair.replace(/=.*$/s, '')), fromForm(pair.replace(/^[^=]*=?/, ''))];
      if (!pair.includes('=') || !name || value === undefined) throw new Error(`expected ${this.expected}`);
      if (name.toLowerCase() === 'scope') throw new Error('holds `scope`: OIDC_SCOPE is the place for it');
      if (RESERVED.has(name.toLowerCase()))
        throw new Error(`holds \`${name}\`, which the service sets itself or must not send`);
      if (names.has(name)) throw new Error(`holds \`${name}\` twice`);
      names.add(name);
      refuseValue(name, value);
      return [name, value];
    });
    return Object.fromEntries(parameters);
  },
};

function refuseValue(name: string, value: string): void {
  if (name === 'prompt' && value.split(' ').includes('none'))
    throw new Error(
      'holds `prompt=none`: the provider would show nobody its sign-in, and whoever is not signed in there already could never sign in',
    );
  // It is compared with `auth_time` (OpenID Connect Core 1.0 §3.1.2.1).
  if (name === 'max_age' && !/^\d{1,9}$/.test(value))
    throw new Error('holds a `max_age` that is no whole number of seconds');
}

/** As forms are decoded (RFC 6749 §3.1); undefined for what is none, or holds line breaks and the like. */
function fromForm(text: string): string | undefined {
  const value = /[\s#?]/.test(text) ? undefined : decoded(text.replaceAll('+', ' '));
  return value === undefined || /\p{Cc}/u.test(value) ? undefined : value;
}
