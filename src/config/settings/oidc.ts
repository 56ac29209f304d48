import { rate } from '../kinds/numbers.ts';
import { authorizationParameters, issuer, metadataUrl } from '../kinds/oidc.ts';
import { scope, secret, text } from '../kinds/texts.ts';
import type { Setting } from './setting.ts';

/** `PORTAL_AUTH=oidc`. */
export const oidc = {
  OIDC_ISSUER: {
    kind: issuer,
    doc: 'With `PORTAL_AUTH=oidc`: the identity provider, spelt letter by letter as it spells its own `issuer`. `http:` only on loopback, outside of production.',
  },
  OIDC_DISCOVERY_URL: {
    kind: metadataUrl,
    doc: 'Where its metadata are read, when the service reaches the provider elsewhere than browsers do. Their `issuer` must be `OIDC_ISSUER`; they say which endpoints are used. Without it: `OIDC_ISSUER` + `/.well-known/openid-configuration`. `http:` only on loopback, outside of production.',
  },
  OIDC_CLIENT_ID: { kind: text, doc: 'The client that is registered there for this service.' },
  OIDC_CLIENT_SECRET: { kind: secret(), fromFile: true, doc: 'Its secret.' },
  OIDC_SCOPE: {
    kind: scope,
    default: 'openid profile email',
    doc: 'What the provider is asked for; `openid` is one of them.',
  },
  OIDC_PARAMS: {
    kind: authorizationParameters,
    doc: 'Further parameters with which browsers are sent to the provider. `+` is a blank, `%2B` a plus. Whoever signs in can change them.',
  },
  RATE_LIMIT_SIGN_IN: {
    kind: rate,
    default: '30/min',
    doc: 'With `PORTAL_AUTH=oidc`: sign-ins of one client address, or /64 of IPv6, that cost the provider a call and failed, at each replica. Beyond that, ways back from there that prove nothing get 429; nobody who brings the state of this browser is refused.',
  },
} as const satisfies Record<string, Setting>;
