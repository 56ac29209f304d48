/**
 * A text as it may stand in a filter (RFC 7644 §3.4.2.2): in quotes, with the escapes of a JSON string, so that nothing
 * in it can end the text and be read as part of the filter.
 */
export function filterValue(text: string): string {
  return JSON.stringify(text);
}
