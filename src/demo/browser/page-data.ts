/** What the server wrote into the page. */
export interface PageData {
  /** Path under which the service's routes live, without a trailing slash. */
  base: string;
  /** The app with the charts. */
  app: string;
  /** The tenant's origin. */
  tenant: string;
  /** The portal's id of who is signed in. */
  user: string;
}

const main = document.querySelector('main') as HTMLElement;

/** Read once. */
export const pageData: PageData = { base: '', app: '', tenant: '', user: '', ...main.dataset };
