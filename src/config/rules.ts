import { doubts } from './doubts.ts';
import { assertionRules } from './rules/assertion.ts';
import { gatewayRules } from './rules/gateway.ts';
import { listeningRules } from './rules/listening.ts';
import { oidcRules } from './rules/oidc.ts';
import { portalSignInRules } from './rules/portal-sign-in.ts';
import { qlikCloudRules } from './rules/qlik-cloud.ts';
import type { Rule } from './rules/rule.ts';
import { sessionRules } from './rules/sessions.ts';
import { severalReplicasRules } from './rules/several-replicas.ts';
import { signedGatewayRules } from './rules/signed-gateway.ts';
import { tokenRules } from './rules/tokens.ts';
import { whichQlikUserRules } from './rules/which-qlik-user.ts';
import type { Settings } from './settings.ts';

/** A problem with a setting, worded for the operator who has to mend it. */
export interface Issue {
  readonly name: string;
  readonly message: string;
}

const rules: readonly Rule[] = [
  ...listeningRules,
  ...qlikCloudRules,
  ...portalSignInRules,
  ...oidcRules,
  ...gatewayRules,
  ...signedGatewayRules,
  ...assertionRules,
  ...sessionRules,
  ...severalReplicasRules,
  ...whichQlikUserRules,
  ...tokenRules,
];

/**
 * What contradicts what among the settings. `unusable` names those that have a problem of their own already; rules
 * that read one of them are passed over.
 */
export function contradictions(settings: Settings, unusable: ReadonlySet<string>): Issue[] {
  const usable = rules.filter(({ names }) => !names.some((name) => unusable.has(name)));
  return broken(usable, settings);
}

/** What contradicts nothing, and is probably not meant so. */
export function doubtsAbout(settings: Settings): Issue[] {
  return broken(doubts, settings);
}

function broken(ones: readonly Rule[], settings: Settings): Issue[] {
  return ones
    .filter(({ holds }) => !holds(settings))
    .map(({ names, otherwise }) => ({ name: names[0], message: otherwise }));
}
