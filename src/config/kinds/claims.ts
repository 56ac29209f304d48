import { decoded } from './decoded.ts';
import { type Kind, kind } from './kind.ts';
import { list } from './lists.ts';

/** What a claim must be: `claim=value`, of which a comma and a percent sign are written as in URLs. */
export const requiredClaim: Kind<{ claim: string; value: string }> = kind(
  '`claim=value`, in which `%2C` is a comma and `%25` a percent sign',
  (raw) => {
    const [claim, value] = /^([^=]+)=(.+)$/u.exec(raw)?.slice(1).map(decoded) ?? [];
    return claim && value && !/\p{Cc}/u.test(claim + value) ? { claim, value } : undefined;
  },
);

/** What claims must be. Commas with nothing between them were meant to say something, and would let everybody in. */
export const requiredClaims: Kind<readonly { claim: string; value: string }[]> = {
  expected: list(requiredClaim).expected,
  parse(raw) {
    const requirements = list(requiredClaim).parse(raw);
    if (raw !== '' && requirements.length === 0) throw new Error('holds no requirement');
    return requirements;
  },
};
