/**
 * In lower case as far as ASCII goes. `String.toLowerCase` would make one of what is two: the Kelvin sign would become a
 * `k`, and a name that looks alike the name itself.
 */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
