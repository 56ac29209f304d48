import type { Settings } from '../settings.ts';
import { goesWith, noUseWithout } from './companions.ts';
import { isSet, signInBy } from './conditions.ts';
import { httpsInProduction } from './in-production.ts';
import type { Rule } from './rule.ts';

const signed = isSet('PROXY_JWT_HEADER');

/** Each key has an address of its own, as at AWS. */
const isByKid = (s: Settings) => s.PROXY_JWT_JWKS_URL?.endsWith('/{kid}') === true;

/** What a gateway that signs needs before its JWT may be believed. */
export const signedGatewayRules: readonly Rule[] = [
  noUseWithout(signInBy('proxy'), 'PROXY_JWT_HEADER'),
  ...goesWith(signed, 'PROXY_JWT_ISSUER', 'the `iss` of the gateway’s JWT'),
  ...goesWith(signed, 'PROXY_JWT_AUDIENCE', 'the `aud` of the JWT, or the ARN of the load balancer'),
  ...goesWith(signed, 'PROXY_JWT_JWKS_URL', 'where the gateway publishes its keys'),
  noUseWithout(signed, 'PROXY_JWT_CLIENT'),
  {
    names: ['PROXY_JWT_CLIENT', 'PROXY_JWT_HEADER', 'PROXY_JWT_JWKS_URL'],
    holds: (s) => !signed.holds(s) || s.PROXY_JWT_CLIENT === undefined || isByKid(s),
    otherwise: 'has no use unless PROXY_JWT_JWKS_URL ends in `/{kid}`: only load balancers of AWS tell it',
  },
  {
    names: ['PROXY_JWT_AUDIENCE', 'PROXY_JWT_JWKS_URL'],
    holds: (s) =>
      s.PROXY_JWT_AUDIENCE === undefined ||
      s.PROXY_JWT_JWKS_URL === undefined ||
      isByKid(s) === s.PROXY_JWT_AUDIENCE.startsWith('arn:'),
    otherwise:
      'must be the ARN of the load balancer (`arn:aws:…`) when PROXY_JWT_JWKS_URL ends in `/{kid}`, and no ARN otherwise',
  },
  {
    names: ['TRUSTED_PROXIES', 'PROXY_JWT_JWKS_URL'],
    holds: (s) => !isByKid(s) || s.TRUSTED_PROXIES.length > 0,
    otherwise:
      'is required when PROXY_JWT_JWKS_URL ends in `/{kid}`: the subnets of the load balancer. Anybody else could name keys that the service has to look for',
  },
  httpsInProduction('PROXY_JWT_JWKS_URL'),
];
