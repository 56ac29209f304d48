import { isDeepStrictEqual } from 'node:util';
import { type SettingName, type Settings, settings as table } from '../settings.ts';
import type { Condition } from './conditions.ts';
import type { Rule } from './rule.ts';

/** A setting that a condition makes necessary. `what` says what it is, as `OIDC_ISSUER`: “the provider’s issuer”. */
export function requiredWith(condition: Condition, name: SettingName, what: string): Rule {
  return {
    names: [name, ...condition.names],
    holds: (s) => !condition.holds(s) || isGiven(s, name),
    otherwise: `is required with ${condition.written}: ${what}`,
  };
}

/** A setting that is read under a condition only: given without it, something was forgotten or misspelt. */
export function noUseWithout(condition: Condition, name: SettingName): Rule {
  return {
    names: [name, ...condition.names],
    holds: (s) => condition.holds(s) || !isGiven(s, name),
    otherwise: `has no use without ${condition.written}`,
  };
}

/** A setting that a condition puts out of use. `why` says what takes its place. */
export function noUseWith(condition: Condition, name: SettingName, why: string): Rule {
  return {
    names: [name, ...condition.names],
    holds: (s) => !condition.holds(s) || !isGiven(s, name),
    otherwise: `has no use with ${condition.written}: ${why}`,
  };
}

/** A setting that a condition makes necessary, and that has no use otherwise. */
export function goesWith(condition: Condition, name: SettingName, what: string): readonly Rule[] {
  return [requiredWith(condition, name, what), noUseWithout(condition, name)];
}

/** Two settings for the same thing: one of them is required, under the condition if there is one; never both are given. */
export function eitherOf(
  [name, other]: readonly [SettingName, SettingName],
  what: string,
  condition?: Condition,
): readonly Rule[] {
  const names = [name, other, ...(condition?.names ?? [])] as const;
  return [
    {
      names,
      holds: (s) => condition?.holds(s) === false || isGiven(s, name) || isGiven(s, other),
      otherwise: `is required${condition ? ` with ${condition.written}` : ''}: ${what}; or else ${other}`,
    },
    {
      names,
      holds: (s) => !(isGiven(s, name) && isGiven(s, other)),
      otherwise: `give either ${name} or ${other}, not both`,
    },
  ];
}

/** Whether it says anything that its default does not. */
function isGiven(settings: Settings, name: SettingName): boolean {
  const value = settings[name];
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return false;
  const setting = table.get(name);
  return setting?.default === undefined || !isDeepStrictEqual(value, setting.kind.parse(setting.default));
}
