import { assertionRules } from './rules/assertion.ts';
import { gatewayRules } from './rules/gateway.ts';
import { listeningRules } from './rules/listening.ts';
import { oidcRules } from './rules/oidc.ts';
import { portalSignInRules } from './rules/portal-sign-in.ts';
import { qlikCloudRules } from './rules/qlik-cloud.ts';
import type { Rule } from './rules/rule.ts';
import { sessionRules } from './rules/sessions.ts';
import { severalReplicasRules } from './rules/several-replicas.ts';
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
  return rules
    .filter(({ names, holds }) => !names.some((name) => unusable.has(name)) && !holds(settings))
    .map(({ names, otherwise }) => ({ name: names[0], message: otherwise }));
}

/** What contradicts nothing, and is probably not meant so. */
export function doubts({ PUBLIC_URL, TRUSTED_PROXIES, QLIK_SCOPE }: Settings): Issue[] {
  const found: Issue[] = [];
  if (PUBLIC_URL.protocol === 'https:' && TRUSTED_PROXIES.length === 0)
    found.push({
      name: 'TRUSTED_PROXIES',
      message:
        'is empty, though with a PUBLIC_URL of https something in front ends TLS: all clients will look like one address',
    });
  if (QLIK_SCOPE.split(' ').some((name) => /^admin/i.test(name)))
    found.push({
      name: 'QLIK_SCOPE',
      message: 'holds an admin scope: every page gets a token with those rights',
    });
  return found;
}
