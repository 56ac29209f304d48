/** As long as the secrets that we ask for. */
const LONGEST_PART = 31;

/**
 * Whether a value looks like an address, a URL or a path, and so can be shown: not like a secret that was put there by
 * mistake. One in base64 may hold `/`, but neither `.` nor `:`.
 */
export function looksLikePlace(value: string): boolean {
  if (value.split(/[.:/]/).some((part) => part.length > LONGEST_PART)) return false;
  return /[.:]|^\//.test(value) || (value.includes('/') && value.length <= LONGEST_PART);
}
