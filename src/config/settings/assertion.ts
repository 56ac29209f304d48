import { jwksUrl } from '../kinds/keys.ts';
import { publicKeys } from '../kinds/public-keys.ts';
import { text } from '../kinds/texts.ts';
import type { Setting } from './setting.ts';

/** `PORTAL_AUTH=assertion`. */
export const assertion = {
  ASSERTION_ISSUER: { kind: text, doc: 'With `PORTAL_AUTH=assertion`: the `iss` of the assertions.' },
  ASSERTION_AUDIENCE: {
    kind: text,
    doc: 'Their `aud`, or one of it. A name for this service that the portal uses for nothing else, such as `PUBLIC_URL`.',
  },
  ASSERTION_JWKS_URL: {
    kind: jwksUrl,
    doc: 'Where the portal publishes its keys. `http:` only on loopback, outside of production.',
  },
  ASSERTION_PUBLIC_KEY: {
    kind: publicKeys,
    fromFile: true,
    doc: 'Or else the keys themselves. Each verifies; a second one is for the time of a rotation.',
  },
} as const satisfies Record<string, Setting>;
