import type { SettingName, Settings } from '../settings.ts';

/** What makes other settings necessary, or gives them a use. */
export interface Condition {
  /** As an operator writes it: what stands behind “with” and “without”. */
  readonly written: string;
  /** The settings that it reads. */
  readonly names: readonly SettingName[];
  readonly holds: (settings: Settings) => boolean;
}

export const isProduction = (s: Settings) => s.NODE_ENV === 'production';
export const isAssertion = (s: Settings) => s.PORTAL_AUTH === 'assertion';
export const isDemo = (s: Settings) => s.PORTAL_AUTH === 'demo';

/** One of the ways to sign in, or one of several. */
export function signInBy(...modes: Settings['PORTAL_AUTH'][]): Condition {
  return {
    written: `PORTAL_AUTH=${modes.join(' or ')}`,
    names: ['PORTAL_AUTH'],
    holds: (s) => modes.includes(s.PORTAL_AUTH),
  };
}

/** One of the ways to find the Qlik user, or one of several. */
export function mappingBy(...ways: Settings['USER_MAPPING'][]): Condition {
  return {
    written: `USER_MAPPING=${ways.join(' or ')}`,
    names: ['USER_MAPPING'],
    holds: (s) => ways.includes(s.USER_MAPPING),
  };
}

/** That a setting without a default is given. */
export function isSet(name: SettingName): Condition {
  return { written: name, names: [name], holds: (s) => s[name] !== undefined };
}

/** A gateway says in headers who it is, and proves itself by a secret. */
export const isByHeaders: Condition = {
  written: 'PORTAL_AUTH=proxy and PROXY_SECRET',
  names: ['PORTAL_AUTH', 'PROXY_JWT_HEADER'],
  holds: (s) => s.PORTAL_AUTH === 'proxy' && s.PROXY_JWT_HEADER === undefined,
};

/** Beyond it, Node's timers end at once. */
export const MAX_TIMER_MS = 2 ** 31;
export const HOUR_MS = 3_600_000;
