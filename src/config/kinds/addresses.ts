import { isIP } from 'node:net';
import { holdsMapped } from '../address-ranges.ts';
import { type Kind, kind } from './kind.ts';
import { wholeNumber } from './numbers.ts';

/** A range of addresses that is a list of machines, not everybody. */
export const cidr: Kind<string> = kind(
  'an address or CIDR range such as `10.0.0.0/8`, not everybody, no IPv4-mapped (`::ffff:`) range',
  (raw) => {
    const [address = '', prefix, ...rest] = raw.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
    const whole = prefix === undefined ? 128 : wholeNumber(prefix, 1, version === 4 ? 32 : 128);
    return whole === undefined || holdsMapped(raw) ? undefined : raw;
  },
);
