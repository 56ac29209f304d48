import { headerName, headerSecret, optionalHeaderName } from '../kinds/headers.ts';
import { keysUrl } from '../kinds/keys.ts';
import { separator, text } from '../kinds/texts.ts';
import type { Setting } from './setting.ts';

/** `PORTAL_AUTH=proxy`. */
export const gateway = {
  PROXY_SECRET: {
    kind: headerSecret,
    fromFile: true,
    doc: 'With `PORTAL_AUTH=proxy`: what only the gateway knows. Without it and an address in `TRUSTED_PROXIES` no header below is read.',
  },
  PROXY_JWT_HEADER: {
    kind: headerName,
    doc: 'Instead of `PROXY_SECRET`, for a gateway that signs: the header with its JWT, such as `x-amzn-oidc-data`, `cf-access-jwt-assertion` or `x-goog-iap-jwt-assertion`. It says who it is, by the claims in `CLAIM_…`; the headers below are not read. Takes the next three settings.',
  },
  PROXY_JWT_ISSUER: { kind: text, doc: 'The `iss` of the JWT.' },
  PROXY_JWT_AUDIENCE: {
    kind: text,
    doc: 'Its `aud`, or one of it. With `{kid}` in `PROXY_JWT_JWKS_URL`, the `signer` in its header: the ARN of the load balancer.',
  },
  PROXY_JWT_JWKS_URL: {
    kind: keysUrl,
    doc: 'Where the gateway publishes its keys as a JWK Set. Ending in `/{kid}`: where each key is by itself, in PEM, as AWS has them. `http:` only on loopback, outside of production.',
  },
  PROXY_JWT_CLIENT: {
    kind: text,
    doc: 'With `{kid}`: the `client` in the header of the JWT, the OAuth client of the load balancer’s rule. Without it any counts.',
  },
  PROXY_SECRET_HEADER: {
    kind: headerName,
    default: 'x-proxy-secret',
    doc: 'The header in which the gateway sends it.',
  },
  PROXY_USER_HEADER: {
    kind: headerName,
    default: 'x-forwarded-user',
    doc: 'The header that identifies the user, for ever. The gateway must overwrite or remove what a client sends in this header and in each of the next four, of which those that are set to `none` are not read.',
  },
  PROXY_EMAIL_HEADER: {
    kind: optionalHeaderName,
    default: 'x-forwarded-email',
    doc: 'The header with the e-mail, which counts only with `TRUST_EMAIL=true`.',
  },
  PROXY_NAME_HEADER: {
    kind: optionalHeaderName,
    default: 'x-forwarded-name',
    doc: 'The header with the name to show.',
  },
  PROXY_GROUPS_HEADER: {
    kind: optionalHeaderName,
    default: 'x-forwarded-groups',
    doc: 'The header with the groups, with `PROXY_GROUPS_SEPARATOR` between them; that sign alone says that there are none.',
  },
  PROXY_GROUPS_SEPARATOR: {
    kind: separator,
    default: ',',
    doc: 'What stands between two groups. With a comma, names from a directory, such as `CN=Sales,OU=Groups`, are not understood: have the gateway send `|` or `;`.',
  },
  PROXY_TENANT_HEADER: {
    kind: optionalHeaderName,
    default: 'x-forwarded-tenant',
    doc: 'The header that names the user’s tenant, by URL or host name: whoever is named with another one gets nothing.',
  },
} as const satisfies Record<string, Setting>;
