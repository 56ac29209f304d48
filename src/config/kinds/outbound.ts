import { isIP } from 'node:net';
import { createTrustedPeers } from '../../lib/trusted-peers.ts';
import { Secret } from '../secret.ts';
import { decoded } from './decoded.ts';
import { type Kind, kind } from './kind.ts';

/** A proxy that forwards our calls (RFC 9110 §9.3.6). */
export interface ProxyServer {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Host and port, as a log may show them. */
  readonly host: string;
  /** Value of `Proxy-Authorization` (RFC 7617), when it asks who we are. */
  readonly authorization: Secret | undefined;
}

/** Hosts that are called without a proxy. */
export interface DirectHosts {
  /** Whether that is one of them; `host` as in `URL.hostname`. */
  holds(host: string, port: number): boolean;
  /** Parts that nothing can match. */
  readonly unread: readonly string[];
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** The URL of a proxy, as other programs take it from the environment; the scheme is part of it. */
export const proxyUrl: Kind<ProxyServer> = kind(
  'a URL such as `http://proxy.acme.example:3128` or `http://user:password@proxy.acme.example:3128`, user and password percent-encoded; `https:` when the proxy itself speaks TLS',
  (raw) => {
    if (!/^https?:\/\/[^\s\\?#]+$/i.test(raw) || !URL.canParse(raw)) return undefined;
    const { protocol, hostname, port, username, password, pathname } = new URL(raw);
    const [user, secret] = [plainText(username), plainText(password)];
    if (pathname !== '/' || user === undefined || secret === undefined || (!user && secret)) return undefined;
    // A user cannot hold what ends it (RFC 7617 §2).
    if (user.includes(':')) return undefined;
    const host = `${hostname}:${port || DEFAULT_PORTS[protocol]}`;
    return {
      origin: `${protocol}//${host}`,
      host,
      authorization: user
        ? new Secret(`Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`)
        : undefined,
    };
  },
);

function plainText(part: string): string | undefined {
  const value = decoded(part);
  return value === undefined || /\p{Cc}/u.test(value) ? undefined : value;
}

type Matches = (host: string, port: number) => boolean;

/**
 * Hosts that are called without a proxy, as other programs take them from the environment. It refuses nothing, since it is
 * often set for a whole machine: what cannot be read is in `unread`.
 */
export const directHosts: Kind<DirectHosts> = kind(
  'host names, each with its subdomains, addresses or CIDR ranges, with `:port` if need be, or `*` for all; separated by commas',
  (raw) => {
    const parts = raw.split(/[\s,]+/).filter((part) => part !== '');
    const rules = parts.map((part) => [part, ruleOf(part.toLowerCase())] as const);
    return {
      holds: (host, port) => {
        const name = host.replace(/^\[|\]$|\.$/g, '').toLowerCase();
        return rules.some(([, matches]) => matches?.(name, port));
      },
      unread: rules.filter(([, matches]) => !matches).map(([part]) => part),
    };
  },
);

function ruleOf(part: string): Matches | undefined {
  if (part === '*') return () => true;
  const [, bracketed, plain = '', port] = /^(?:\[(.*)\]|(.*?))(?::(\d{1,5}))?$/.exec(
    isIP(part) === 6 ? `[${part}]` : part,
  ) as RegExpExecArray;
  const isThere: Matches | undefined = inRange(bracketed ?? plain) ?? isNamed(plain);
  return isThere && ((host, at) => (port === undefined || Number(port) === at) && isThere(host, at));
}

function inRange(part: string): Matches | undefined {
  const [address = '', prefix, ...rest] = part.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || rest.length > 0) return undefined;
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) return undefined;
  const holds = createTrustedPeers([part]);
  return (host) => isIP(host) !== 0 && holds(host);
}

function isNamed(part: string): Matches | undefined {
  const name = part.replace(/^\*?\./, '').replace(/\.$/, '');
  if (!/^[\w-]+(\.[\w-]+)*$/.test(name)) return undefined;
  return (host) => host === name || host.endsWith(`.${name}`);
}
