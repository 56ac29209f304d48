import type { SettingName, Settings } from '../settings.ts';
import type { Rule } from './rule.ts';

export const isProduction = (s: Settings) => s.NODE_ENV?.toLowerCase() === 'production';
export const isProxy = (s: Settings) => s.PORTAL_AUTH === 'proxy';
export const isAssertion = (s: Settings) => s.PORTAL_AUTH === 'assertion';
export const isDemo = (s: Settings) => s.PORTAL_AUTH === 'demo';
/** Whether the tenant is asked which Qlik user somebody is. */
export const asksTenant = (s: Settings) => s.USER_MAPPING === 'lookup' || s.USER_MAPPING === 'provision';

/** Beyond it, Node's timers end at once. */
export const MAX_TIMER_MS = 2 ** 31;
export const HOUR_MS = 3_600_000;

/** A setting that one mode of signing in needs, and no other has a use for. */
export function goesWith(mode: Settings['PORTAL_AUTH'], name: SettingName): Rule {
  return {
    names: [name, 'PORTAL_AUTH'],
    holds: (s) => (s.PORTAL_AUTH === mode) === (s[name] !== undefined),
    otherwise: `goes with PORTAL_AUTH=${mode}: give both or neither`,
  };
}
