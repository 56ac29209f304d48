import { requiredClaims } from '../kinds/claims.ts';
import { filePath, text } from '../kinds/texts.ts';
import { flag, oneOf } from '../kinds/words.ts';
import type { Setting } from './setting.ts';

/** How portal users sign in, and which claims say who they are. */
export const portalSignIn = {
  PORTAL_AUTH: {
    kind: oneOf('oidc', 'proxy', 'assertion', 'demo'),
    required: true,
    doc: 'How users sign in: `oidc`, with an OpenID Connect provider; `proxy`, at a gateway in front of the service, by headers or by a JWT that it signs; `assertion`, at the portal, which signs a short-lived JWT; `demo`, by picking one of some users, on one’s own machine. `demo` is refused with `NODE_ENV=production`, and unless `HOST` is loopback.',
  },
  DEMO_USERS: {
    kind: filePath,
    namesFile: true,
    doc: 'JSON file of the users to pick from: `[{ "id", "name", "email", "groups" }]`; further members are claims. Without it, those of the sandbox.',
  },
  CLAIM_ID: {
    kind: text,
    default: 'sub',
    doc: 'The claim that identifies the user, for ever. When it is the claim of the e-mail, it counts only as `CLAIM_EMAIL` does.',
  },
  CLAIM_EMAIL: {
    kind: text,
    default: 'email',
    doc: 'The claim with the e-mail. `email` counts only together with `email_verified`: `true`, or the text `"true"`; without `email`, `emails` is read in its place. Another claim counts only with `TRUST_EMAIL`, or when it is the same address as a verified `email`. Of a list, the first.',
  },
  CLAIM_NAME: { kind: text, default: 'name', doc: 'The claim with the name to show.' },
  CLAIM_GROUPS: {
    kind: text,
    default: 'groups',
    doc: 'The claim with the groups: a list of texts or of objects, or one text, which is one group. Without it they are unknown, and nothing is done about them.',
  },
  CLAIM_GROUPS_MEMBER: {
    kind: text,
    default: 'name',
    doc: 'Where groups are objects: the member that names the group. `name` also stands for `displayName`, or else `id`, where no group has a `name`.',
  },
  GROUPS_STRICT: {
    kind: flag,
    default: 'false',
    doc: '`true`: whoever’s groups are told but not understood may not sign in. Otherwise that is logged, counted, and changes nothing at Qlik.',
  },
  SIGN_IN_REQUIRE: {
    kind: requiredClaims,
    default: '',
    doc: 'Who may sign in: claims and the values that they must have, such as `hd=acme.example,groups=analytics`. Several values of one claim are alternatives; of different claims all must hold. Of a claim that is a list, one must be it. Compared exactly, e-mails without case. Everybody else gets 403 `sign_in_not_allowed`. With `PORTAL_AUTH=proxy` the names are `user`, `email`, `groups` and `tenant`.',
  },
  TRUST_EMAIL: {
    kind: flag,
    default: 'false',
    doc: '`true`: an e-mail counts without `email_verified`, whatever claim it is in. Only for providers, and gateways, where nobody can set another’s address.',
  },
} as const satisfies Record<string, Setting>;
