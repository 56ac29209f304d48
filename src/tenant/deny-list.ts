const BOT = fold('qlikbot\\');

/** Whether a Qlik user, by id or subject, must never be impersonated. */
export type IsDenied = (qlikUser: string) => boolean;

/**
 * The users listed, compared without case, and every OAuth client's own bot user (`qlikbot\<client id>`): a token of
 * one of those would carry the client's rights into the page.
 */
export function createDenyList(listed: readonly string[]): IsDenied {
  const denied = new Set(listed.map(fold));
  return (qlikUser) => {
    const user = fold(qlikUser);
    return denied.has(user) || user.startsWith(BOT);
  };
}

/** One spelling for all that may be taken for the same name: only both cases in turn bring ß and ẞ, σ and ς together. */
function fold(qlikUser: string): string {
  return qlikUser.normalize('NFKC').trim().toLowerCase().toUpperCase().normalize('NFKC');
}
