import type { ProblemCode } from '../problem.ts';

const SEARCH = 'Search the log for the number. docs/http-api.md explains the code.';

/** What whoever sets the service up does first when a user gets no token. */
const steps: Partial<Record<ProblemCode, string>> = {
  user_not_mapped:
    'Is there a user in the tenant with exactly this subject, id or e-mail? docs/users.md says by what users are found.',
  user_ambiguous: 'Tell the users apart in the tenant, or map them with a table: docs/users.md.',
  user_disabled: 'Look at the user in the tenant’s administration. docs/users.md says more.',
  user_denied: 'Is the user in USER_DENY, or an OAuth client’s own? docs/users.md says more.',
  tenant_unknown:
    'Does the tenant that the portal names for the user match QLIK_TENANT_URL? docs/users.md says more.',
  rate_limited: 'Wait. RATE_LIMIT_TOKEN and RATE_LIMIT_MINT are the limits: docs/settings.md.',
  tenant_refused_client:
    'Search the log for tenant.client_refused, then check the client’s secret, grant, consent and scope: docs/qlik-cloud.md.',
  tenant_bad_response:
    'Does QLIK_TENANT_URL lead to a Qlik Cloud tenant? Search the log for token.mint_failed. docs/tokens.md says more.',
  tenant_throttled: 'Wait. TENANT_BUDGET and the tenant’s own rate limit are the limits: docs/tokens.md.',
  tenant_unavailable:
    'Can this machine reach QLIK_TENANT_URL? Search the log for token.mint_failed. docs/tokens.md says more.',
};

/** In words, with names of settings and of pages of the documentation. */
export function nextStep(code: ProblemCode): string {
  return steps[code] ?? SEARCH;
}
