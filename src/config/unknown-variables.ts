import { nearest } from '../lib/nearest.ts';
import type { Issue } from './rules.ts';
import { settings as table } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

const OUR_PREFIXES =
  /^(ADMIN|ALLOWED|ASSERTION|CLAIM|DEMO|GROUPS|KEEP_ALIVE|OIDC|PORTAL|POST_LOGOUT|PROXY|QLIK|RATE_LIMIT|REDIS|SESSION|SHUTDOWN|SIGN_IN|STORE|TENANT|TENANTS|TOKEN|TRUSTED|USER)_/;

/** Of X11 desktops, of the editor’s terminal, of Qlik’s own command line, and of those that call through proxies. */
const OTHERS =
  /^(SESSION_MANAGER|USER_ZDOTDIR|QLIK_CLI_\w+|(all|ftp|grpc|http|https|no|rsync|socks)_proxy)$/i;

/** Shorter names are too near to too much, as `HOST` is to `HOME`. */
const SHORTEST = 7;

const FILE = '_FILE';
const names: readonly string[] = [...table].flatMap(([name, { fromFile }]) =>
  fromFile ? [name, name + FILE] : [name],
);
const distinctNames = names.filter((name) => name.length >= SHORTEST);

/**
 * Variables that are no settings and look like misspelt ones, each with the setting that was probably meant: those with a
 * prefix of ours, and those that differ from a setting in a letter or two. What others set is passed over.
 */
export function unknownVariables(env: Env): Issue[] {
  const isLinked = linkedServices(env);
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && !names.includes(name))
    .filter((name) => !OTHERS.test(name) && !isLinked(name))
    .flatMap((name) => {
      const meant = meantBy(name);
      if (meant) return [{ name, message: `is not a setting; did you mean ${meant}?` }];
      return OUR_PREFIXES.test(name) ? [{ name, message: 'is not a setting; is it misspelt?' }] : [];
    });
}

function meantBy(name: string): string | undefined {
  const withoutFile = name.endsWith(FILE) ? name.slice(0, -FILE.length) : name;
  if (table.has(withoutFile)) return withoutFile;
  return nearest(name.toUpperCase(), distinctNames) ?? onlyOneThatBegins(name);
}

/** The setting of which a name with our prefix is the beginning, as `SESSION_IDLE` is; undefined when there are several. */
function onlyOneThatBegins(name: string): string | undefined {
  if (!OUR_PREFIXES.test(name)) return undefined;
  const [only, ...others] = [...table.keys()].filter((setting) => setting.startsWith(`${name}_`));
  return others.length === 0 ? only : undefined;
}

/**
 * Whether a variable tells where another service is. Kubernetes sets `REDIS_SERVICE_HOST`, `REDIS_PORT_6379_TCP` and more
 * in each pod for a Service named `redis`, Docker `REDIS_PORT`, `REDIS_NAME` and more for a container that is linked.
 */
function linkedServices(env: Env): (name: string) => boolean {
  const names = Object.keys(env);
  const prefixes = [
    ...names
      .filter((name) => name.endsWith('_SERVICE_HOST'))
      .map((name) => name.slice(0, -'SERVICE_HOST'.length)),
    ...names
      .filter((name) => name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(env[name] ?? ''))
      .map((name) => name.slice(0, -'PORT'.length)),
  ];
  return (name) =>
    prefixes.some(
      (prefix) => name.startsWith(prefix) && /^(SERVICE_|PORT|NAME$|ENV_)/.test(name.slice(prefix.length)),
    );
}
