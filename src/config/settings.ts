import type { ConfigFile } from './config-file.ts';
import type { Kind } from './kinds/kind.ts';
import { assertion } from './settings/assertion.ts';
import { gateway } from './settings/gateway.ts';
import { listening } from './settings/listening.ts';
import { oidc } from './settings/oidc.ts';
import { outbound } from './settings/outbound.ts';
import { portalSignIn } from './settings/portal-sign-in.ts';
import { qlikCloud } from './settings/qlik-cloud.ts';
import { sessions } from './settings/sessions.ts';
import type { Setting } from './settings/setting.ts';
import { severalReplicas } from './settings/several-replicas.ts';
import { tokens } from './settings/tokens.ts';
import { whichQlikUser } from './settings/which-qlik-user.ts';

/** Every setting, in the order in which the documentation shows them. */
export const settingsTable = {
  Listening: listening,
  'Qlik Cloud': qlikCloud,
  'Outbound proxy': outbound,
  'Portal sign-in': portalSignIn,
  'OpenID Connect': oidc,
  Gateway: gateway,
  Assertion: assertion,
  Sessions: sessions,
  'Several replicas': severalReplicas,
  'Which Qlik user': whichQlikUser,
  Tokens: tokens,
} as const satisfies Record<string, Record<string, Setting>>;

type Table = typeof settingsTable;
type Flat = { [G in keyof Table]: (entry: Table[G]) => void }[keyof Table] extends (entry: infer I) => void
  ? I
  : never;
type Value<S> = S extends { namesFile: true }
  ? ConfigFile | undefined
  : S extends { kind: Kind<infer T> }
    ? S extends { required: true } | { default: string }
      ? T
      : T | undefined
    : never;

/** The settings in force, under the names that operators know. Durations are in milliseconds. */
export type Settings = { readonly [Name in keyof Flat]: Value<Flat[Name]> };

export type SettingName = keyof Settings;

/** The table without its headings. */
export const settings: ReadonlyMap<string, Setting> = new Map(
  Object.values(settingsTable).flatMap((group) => Object.entries<Setting>(group)),
);
