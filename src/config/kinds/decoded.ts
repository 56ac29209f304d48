/** Without its percent-encoding (RFC 3986 §2.1); undefined for what is no such encoding. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
