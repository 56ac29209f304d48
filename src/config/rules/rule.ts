import type { SettingName, Settings } from '../settings.ts';

/** What must hold among settings. */
export interface Rule {
  /** The settings that the rule reads; a problem is reported at the first. */
  readonly names: readonly [SettingName, ...SettingName[]];
  readonly holds: (settings: Settings) => boolean;
  readonly otherwise: string;
}
