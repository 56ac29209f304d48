/**
 * The values of those headers that are there exactly once, by name; undefined for a name that is there more often, or
 * under a look-alike: some servers take `X_Forwarded_User` for `X-Forwarded-User`. An empty value is a value.
 *
 * Reads the headers as they came (`rawHeaders`): Node joins those of one name, and nobody could tell who sent which part.
 */
export function singleHeaders(
  rawHeaders: readonly string[],
  names: ReadonlySet<string>,
): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const written = (rawHeaders[index] as string).toLowerCase();
    const name = written.replace(/[^a-z0-9]/g, '-');
    if (!names.has(name)) continue;
    found.set(name, found.has(name) || written !== name ? undefined : rawHeaders[index + 1]);
  }
  return found;
}
