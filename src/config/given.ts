import type { SettingName, Settings } from './settings.ts';

/** A setting that the rules require wherever it is asked for. */
export function given<N extends SettingName>(settings: Settings, name: N): NonNullable<Settings[N]> {
  const value = settings[name];
  if (value === undefined || value === null)
    throw new TypeError(`${name} is missing, though the rules require it`);
  return value;
}
