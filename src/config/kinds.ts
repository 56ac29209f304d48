import { createPrivateKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { trimBlanks } from '../lib/blanks.ts';
import { nearest } from '../lib/nearest.ts';
import type { Rate } from '../lib/rate-limiter.ts';
import { holdsMapped } from './address-ranges.ts';
import { looksLikePlace } from './place.ts';
import { Secret } from './secret.ts';
import { strayCharacters, strayOfDocument } from './stray-characters.ts';

/** How one kind of setting is written. */
export interface Kind<T> {
  /** The value for what stands in the environment. Throws an `Error` whose message never repeats a secret. */
  parse(raw: string): T;
  /** What would be right, for the error and the documentation: "a duration such as `30s`". */
  readonly expected: string;
}

type Parse<T> = (raw: string) => T | undefined;

/** A kind of one line, whose `parse` says undefined for what cannot be read. */
export function kind<T>(expected: string, parse: Parse<T>): Kind<T> {
  return kindWithout(strayCharacters, expected, parse);
}

/** The same of a text that may have several lines. */
function documentKind<T>(expected: string, parse: Parse<T>): Kind<T> {
  return kindWithout(strayOfDocument, expected, parse);
}

/** The same for PEM, whose line ends are lost most easily. */
export function pemKind<T>(expected: string, parse: Parse<T>): Kind<T> {
  const stray = (raw: string) =>
    strayOfDocument(raw) ??
    (/-----\\[rn]/.test(raw) ? 'holds `\\n` where its lines end; give it line ends, or a file' : undefined);
  return kindWithout(stray, expected, parse);
}

function kindWithout<T>(
  stray: (raw: string) => string | undefined,
  expected: string,
  parse: Parse<T>,
): Kind<T> {
  return {
    expected,
    parse(raw) {
      const found = stray(raw);
      if (found) throw new Error(found);
      const value = parse(raw);
      if (value === undefined) throw new Error(`expected ${expected}`);
      return value;
    },
  };
}

/** Any text of one line. */
export const text: Kind<string> = kind('text without line breaks', (raw) =>
  /\p{Cc}/u.test(raw) ? undefined : raw,
);

/** An OAuth scope (RFC 6749 §3.3). */
export const scope: Kind<string> = kind('names of scopes with one blank between them', (raw) =>
  raw.split(' ').every((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name)) ? raw : undefined,
);

/** A path of a file on this machine. */
export const filePath: Kind<string> = kind('the path of a file', (raw) => raw);

/** A TCP port. */
export const port: Kind<number> = kind('a port from 1 to 65535', (raw) => {
  // As for `ADMIN_PORT` and a Service named `admin`.
  if (/^(tcp|udp|sctp):\/\//.test(raw))
    throw new Error(
      'is what Kubernetes sets for a Service of that name; give the pod `enableServiceLinks: false`',
    );
  return wholeNumber(raw, 1, 65_535);
});

/** A whole number of 1 or more. */
export const count: Kind<number> = kind('a whole number from 1 to 10000000', (raw) =>
  wholeNumber(raw, 1, 10_000_000),
);

/** What a claim must be: `claim=value`, of which a comma and a percent sign are written as in URLs. */
export const requiredClaim: Kind<{ claim: string; value: string }> = kind(
  '`claim=value`, in which `%2C` is a comma and `%25` a percent sign',
  (raw) => {
    const [claim, value] = /^([^=]+)=(.+)$/u.exec(raw)?.slice(1).map(decodePercent) ?? [];
    return claim && value && !/\p{Cc}/u.test(claim + value) ? { claim, value } : undefined;
  },
);

/** A sign of ASCII that can stand between names, and is no part of the names of directories or of an encoding. */
export const separator: Kind<string> = kind('one sign such as `,`, `;` or `|`', (raw) =>
  /^[!-~]$/.test(raw) && !/[\w"%=\\]/.test(raw) ? raw : undefined,
);

/** One of the words given. For another one, the error names the word that was probably meant. */
export function oneOf<const W extends string>(...words: W[]): Kind<W> {
  return wordOf(words, words.map((word) => `\`${word}\``).join(', '));
}

/** Yes or no. */
export const flag: Kind<boolean> = {
  expected: '`true` or `false`',
  parse: (raw) => wordOf(['true', 'false'], '`true` or `false`').parse(raw) === 'true',
};

const ENVIRONMENTS = ['production', 'development', 'test'] as const;

/**
 * Whose machine this is, as Node’s users write it. Any other word stops the start: most mean production, and would get
 * none of its safeguards.
 */
export const environment: Kind<(typeof ENVIRONMENTS)[number]> = wordOf(
  ENVIRONMENTS,
  '`production`; or, on one’s own machine, `development`, `test` or nothing',
  'production',
);

function wordOf<W extends string>(words: readonly W[], expected: string, otherwise?: W): Kind<W> {
  return kind(expected, (raw) => {
    const word = words.find((one) => one === raw);
    const meant = word ?? nearestWord(raw.toLowerCase(), words) ?? otherwise;
    if (!word && meant) throw new Error(`expected ${expected}; did you mean \`${meant}\`?`);
    return word;
  });
}

const SHORTEST_BEGINNING = 3;

/** The word with the fewest mistakes, or one that is the beginning of the other, as `prod` and `warning` are. */
function nearestWord(raw: string, words: readonly string[]): string | undefined {
  const isBeginning = raw.length >= SHORTEST_BEGINNING;
  return (
    nearest(raw, words) ?? words.find((word) => raw.startsWith(word) || (isBeginning && word.startsWith(raw)))
  );
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Nothing here is meant to take longer, and far beyond it neither dates nor Redis can follow. */
const LONGEST_MS = 365 * UNITS_MS.d;

/** A span of time, in milliseconds. */
export const duration: Kind<number> = kind(
  'a duration such as `500ms`, `30s`, `15m`, `10h` or `2d`, at most `365d`',
  (raw) => {
    const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(raw);
    const ms = match ? Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS] : Number.NaN;
    return ms <= LONGEST_MS ? ms : undefined;
  },
);

const WINDOWS_MS = { s: 1_000, min: 60_000, h: 3_600_000 } as const;

/** So many in a span of time. */
export const rate: Kind<Rate> = kind('a rate such as `10/s`, `90/min` or `1000/h`', (raw) => {
  const match = /^(\d{1,7})\/(s|min|h)$/.exec(raw);
  const limit = Number(match?.[1]);
  return match && limit > 0
    ? { limit, windowMs: WINDOWS_MS[match[2] as keyof typeof WINDOWS_MS] }
    : undefined;
});

/**
 * A comma-separated list of another kind; blanks around the entries do not count. An error says which entry is wrong, by
 * its position alone: it may be a secret.
 */
export function list<T>(item: Kind<T>): Kind<readonly T[]> {
  return listOf(item, () => '');
}

/** The same of addresses: an error shows the entry that is wrong, if it looks like one. */
export function shownList<T>(item: Kind<T>): Kind<readonly T[]> {
  return listOf(item, shown);
}

function listOf<T>(item: Kind<T>, show: (entry: string) => string): Kind<readonly T[]> {
  return documentKind(`${item.expected}; several separated by commas`, (raw) => {
    const entries = raw.split(',').map(trimBlanks);
    const several = entries.filter((entry) => entry !== '').length > 1;
    const wrong: string[] = [];
    const values = entries.flatMap((entry, index) => {
      if (entry === '') return [];
      try {
        return [item.parse(entry)];
      } catch (error) {
        const which = several ? `entry ${index + 1}` : 'the entry';
        const place = several || show(entry) ? `${which}${show(entry)}: ` : '';
        wrong.push(`${place}${(error as Error).message}`);
        return [];
      }
    });
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return values;
  });
}

const LONGEST_SHOWN = 80;

/** Nothing of what may be a secret or hold a password, or looks like no text. */
function shown(entry: string): string {
  const isPlain = /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(entry) && !/[@`]/.test(entry);
  return isPlain && looksLikePlace(entry) && entry.length <= LONGEST_SHOWN ? ` (\`${entry}\`)` : '';
}

/** What claims must be. Commas with nothing between them were meant to say something, and would let everybody in. */
export const requiredClaims: Kind<readonly { claim: string; value: string }[]> = {
  expected: list(requiredClaim).expected,
  parse(raw) {
    const requirements = list(requiredClaim).parse(raw);
    if (raw !== '' && requirements.length === 0) throw new Error('holds no requirement');
    return requirements;
  },
};

/** A secret of at least `minLength` characters. */
export function secret(minLength = 1): Kind<Secret> {
  const expected = minLength > 1 ? `a secret of at least ${minLength} characters` : 'a secret';
  return kind(expected, (raw) => (raw.length >= minLength ? new Secret(raw) : undefined));
}

/**
 * A private key with which Qlik Cloud accepts client assertions: RSA of 2048 bits or more (RS256) or P-384 (ES384).
 * A `KeyObject` prints nothing of the key.
 */
export const privateKey: Kind<KeyObject> = pemKind(
  'a private key as PEM or JWK: RSA of 2048 bits or more, or EC P-384',
  (raw) => {
    const key = readPrivateKey(raw);
    const details = key?.asymmetricKeyDetails;
    const accepted =
      (key?.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
      (key?.asymmetricKeyType === 'ec' && details?.namedCurve === 'secp384r1');
    return accepted ? key : undefined;
  },
);

const PEM_CERTIFICATE = '-----BEGIN CERTIFICATE-----';

/** CA certificates in PEM. */
export const certificates: Kind<string> = pemKind('CA certificates in PEM', (raw) => {
  const [, ...blocks] = raw.split(PEM_CERTIFICATE);
  return blocks.length > 0 && blocks.every((block) => isCertificate(PEM_CERTIFICATE + block))
    ? raw
    : undefined;
});

/** The URL that a browser uses for this service: scheme, host, and perhaps a path, without a trailing slash. */
export const publicUrl: Kind<URL> = kind(
  'an http(s) URL without credentials, query or fragment; in its path only letters, digits and `-._~`',
  (raw) => {
    const url = bareUrl(raw);
    if (!url) return undefined;
    url.pathname = url.pathname.replace(/(?<!\/)\/+$/, '');
    // Anything else the router would read as a pattern, or find under another spelling.
    return /^\/$|^(\/[\w.~-]+)+$/.test(url.pathname) ? url : undefined;
  },
);

/** A web origin: scheme, host and port, nothing more (RFC 6454). */
export const origin: Kind<string> = kind('an origin such as `https://portal.example.com`', (raw) => {
  const url = bareUrl(raw);
  return url && url.pathname === '/' && !raw.endsWith('/') ? url.origin : undefined;
});

/** As `URL.hostname` writes it: labels of at most 63 characters, and none of an IP address (RFC 1123 §2.1). */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([\w-]{0,61}\w)?\.)*[a-z_]([\w-]{0,61}\w)?$/;

/**
 * The origin of a Qlik Cloud tenant: https, a host name, the usual port. Other ports, and plain http, pass on loopback,
 * for the sandbox; `rules.ts` refuses http in production.
 */
export const tenantUrl: Kind<string> = kind(
  'a tenant such as `https://acme.eu.qlikcloud.com`: https, a host name without a dot at its end, no other port than 443, no path',
  (raw) => {
    const url = bareUrl(raw);
    if (url?.pathname !== '/') return undefined;
    if (isLoopback(url.hostname) && (url.protocol === 'http:' || url.hostname === 'localhost'))
      return url.origin;
    return url.protocol === 'https:' && url.port === '' && HOST_NAME.test(url.hostname)
      ? url.origin
      : undefined;
  },
);

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
    return url.protocol === 'https:' || isLoopback(url.hostname) ? raw : undefined;
  },
);

/** Entra ID, in the clouds that it has. */
const ENTRA_HOST = /^login\.(partner\.)?microsoftonline\.(com|us|cn)$/;
/** They stand for all directories; no ID token ever has them in its `iss`. */
const EVERY_DIRECTORY = /^\/(common|organizations)(\/|$)/i;

/** Where a JWK Set is published. Plain http passes on loopback only; `rules.ts` refuses it in production. */
export const jwksUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`: https, no credentials, no fragment',
  (raw) => {
    const url = raw.includes('#') ? undefined : httpUrl(raw);
    return url && (url.protocol === 'https:' || isLoopback(url.hostname)) ? url.href : undefined;
  },
);

const BY_KID = '/{kid}';

/** Where a JWK Set is published; or single keys, each under its `kid` at the end, which stays `{kid}` here. */
export const keysUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`, or one that ends in `/{kid}`: https, no credentials, no fragment',
  (raw) => {
    const isByKid = raw.endsWith(BY_KID);
    const rest = isByKid ? raw.slice(0, -BY_KID.length) : raw;
    if (/[{}]/.test(rest) || (isByKid && rest.includes('?'))) return undefined;
    try {
      return isByKid ? jwksUrl.parse(`${rest}/`) + BY_KID.slice(1) : jwksUrl.parse(rest);
    } catch {
      return undefined;
    }
  },
);

/** Where a browser may be sent after logout: a local path or an absolute http(s) URL. */
export const landing: Kind<string> = kind('a path such as `/goodbye` or an absolute http(s) URL', (raw) => {
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(raw)) return raw;
  return httpUrl(raw)?.href;
});

/** A range of addresses that is a list of machines, not everybody. */
export const cidr: Kind<string> = kind(
  'an address or CIDR range such as `10.0.0.0/8`, not everybody, no IPv4-mapped (`::ffff:`) range',
  (raw) => {
    const [address = '', prefix, ...rest] = raw.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
    const whole = prefix === undefined ? 128 : wholeNumber(prefix, 1, version === 4 ? 32 : 128);
    return whole === undefined || holdsMapped(raw) ? undefined : raw;
  },
);

/** Whether a host name, as in `URL.hostname` or `HOST`, can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function wholeNumber(raw: string, min: number, max: number): number | undefined {
  const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Undefined when it is no such encoding. */
function decodePercent(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** An absolute http(s) URL without credentials, wildcards or blanks. */
export function httpUrl(raw: string): URL | undefined {
  const url = !/[\s\\]/.test(raw) && URL.canParse(raw) ? new URL(raw) : undefined;
  const plain = url && !url.username && !url.password && !/\*|^\.|\.\./.test(url.hostname);
  return plain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function bareUrl(raw: string): URL | undefined {
  return /[?#]/.test(raw) ? undefined : httpUrl(raw);
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function readPrivateKey(raw: string): KeyObject | undefined {
  try {
    return raw.trimStart().startsWith('{')
      ? createPrivateKey({ key: JSON.parse(raw) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(raw);
  } catch {
    return undefined;
  }
}
