import type { SettingName } from '../settings.ts';
import { isProduction } from './conditions.ts';
import type { Rule } from './rule.ts';

/** A URL, or a list of them, that plain http may have on one’s own machine alone. `why` says what would be read on the way. */
export function httpsInProduction(name: SettingName, why?: string): Rule {
  return {
    names: [name, 'NODE_ENV'],
    holds: (s) => !isProduction(s) || [s[name] ?? []].flat().every((url) => String(url).startsWith('https:')),
    otherwise: `must be https when NODE_ENV is production${why === undefined ? '' : `: ${why}`}`,
  };
}
