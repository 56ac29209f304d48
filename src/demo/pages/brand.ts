/** The demo's icon, as a file of its own: no request for an icon goes wrong. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#00713d"/>${shapes('#fff')}</svg>`;

/** The same beside the name, with a text for people. */
export const brand = `<span class="brand"><svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#00713d"/>${shapes('#fff')}</svg>Demo portal</span>`;

/** Path of the icon, below the base of the routes. */
export const ICON_PATH = '/demo-icon.svg';

function shapes(colour: string): string {
  return `<path d="M8 22v-5M16 22V9M24 22v-9" stroke="${colour}" stroke-width="4" stroke-linecap="round" fill="none"/>`;
}
