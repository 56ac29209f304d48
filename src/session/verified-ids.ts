import { BoundedMap } from '../lib/bounded-map.ts';

/** A session id whose signature is right. */
export interface SignedId {
  readonly id: string;
  /** It was signed with an older secret: the browser should get it signed anew. */
  readonly renew: boolean;
}

/** How many signatures are remembered as right; the oldest are checked again. */
const MAX_VERIFIED = 10_000;

type Verify = (value: string) => SignedId | undefined;

/**
 * Verifies like `verify`, and remembers which values were found right, so that a page that asks again costs no HMAC.
 * What is remembered stays true: the secrets are those of the process, and a value that differs in one character is
 * another value. It says nothing about the session, which is looked up at every request. Values that are not right are
 * never remembered: nobody can fill the memory without cookies that we issued.
 */
export function rememberVerified(verify: Verify, max = MAX_VERIFIED): Verify {
  const verified = new BoundedMap<string, SignedId>(max);
  return (value) => {
    const known = verified.get(value);
    if (known) return known;
    const own = copyOf(value);
    const signed = verify(own);
    if (signed) verified.set(own, signed);
    return signed;
  };
}

/** V8 keeps the whole text that a part was cut from, here the request's `Cookie` header, for as long as the part. */
function copyOf(part: string): string {
  return Buffer.from(part).toString();
}
