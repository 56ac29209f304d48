import type { ProblemCode } from '../problem.ts';

/** What people read of a problem. Plain text; docs/http-api.md has the same. */
export interface ProblemText {
  /** What happened, in a few words. */
  readonly heading: string;
  /** The same in a sentence or two, for somebody who knows neither tokens nor tenants. */
  readonly what: string;
  /** What they can do. */
  readonly advice: string;
  /** The button beneath: to the sign-in, to that of another account, to the same again, or to the start page. */
  readonly way?: 'sign in' | 'other account' | 'try again' | 'start';
}

const ASK = 'Ask whoever runs the portal.';
const IN_A_MOMENT = 'Please try again in a moment.';

/** What people read of each problem, wherever they meet it. */
export const problemTexts: Readonly<Record<ProblemCode, ProblemText>> = {
  bad_request: {
    heading: 'That did not work',
    what: 'Something in the address, or in what was sent with it, cannot be understood.',
    advice: 'Check the address, or go back and try again.',
    way: 'start',
  },
  session_required: {
    heading: 'You are not signed in',
    what: 'This page is for people who are signed in.',
    advice: 'Sign in to go on.',
    way: 'sign in',
  },
  session_expired: {
    heading: 'Your session has ended',
    what: 'It was not used for a while, has reached its limit, or was ended elsewhere.',
    advice: 'Sign in again to go on.',
    way: 'sign in',
  },
  assertion_invalid: {
    heading: 'The portal’s word was not accepted',
    what: 'The portal said who you are, in a way that this service does not accept.',
    advice: 'Go back to the portal and open the page again. If that does not help, ask whoever runs it.',
    way: 'start',
  },
  admin_token_required: {
    heading: 'This is for operators',
    what: 'Only somebody who has the operators’ token can use this address.',
    advice: ASK,
  },
  cross_site_refused: {
    heading: 'This address is not for people',
    what: 'Only the portal’s own pages may use it, by their scripts and forms. Nothing was done, and nothing was given away.',
    advice: 'To see who is signed in, go to the start page.',
    way: 'start',
  },
  sign_in_not_allowed: {
    heading: 'Your account may not come in here',
    what: 'Your sign-in worked, but the account that you used is not one of those that may use this service.',
    advice: 'Sign in with another account, or ask whoever runs the portal to let you in.',
    way: 'other account',
  },
  user_not_mapped: {
    heading: 'You are not in Qlik Cloud yet',
    what: 'You are signed in, but there is no user for you in Qlik Cloud.',
    advice: 'Ask whoever runs the portal to add you.',
  },
  user_ambiguous: {
    heading: 'More than one user could be you',
    what: 'You are signed in, but several users in Qlik Cloud match you, and we do not guess.',
    advice: 'Ask whoever runs the portal to tell them apart.',
  },
  user_disabled: {
    heading: 'Your user in Qlik Cloud is disabled',
    what: 'You are signed in, but Qlik Cloud does not let your user in: it is disabled, or has as many tokens as it may have.',
    advice: 'Ask whoever runs the portal to look at your user.',
  },
  user_denied: {
    heading: 'Your user may not come in here',
    what: 'You are signed in, but your user in Qlik Cloud is one that this service may not act for.',
    advice: 'Sign in as somebody else, or ask whoever runs the portal.',
    way: 'sign in',
  },
  tenant_unknown: {
    heading: 'Your organisation is not served here',
    what: 'The portal names an organisation for you that has no Qlik Cloud tenant here.',
    advice: 'Sign in with another account, or ask whoever runs the portal.',
    way: 'sign in',
  },
  not_found: {
    heading: 'There is nothing here',
    what: 'No page has this address.',
    advice: 'Check the address, or go to the start page.',
    way: 'start',
  },
  method_not_allowed: {
    heading: 'This address is not for people',
    what: 'It takes what forms and scripts send, and does nothing when it is opened in a tab.',
    advice: 'Go to the start page. To sign out, use the button there.',
    way: 'start',
  },
  body_too_large: {
    heading: 'That was too much',
    what: 'More was sent than this address takes.',
    advice: 'Go back, and send less.',
  },
  unsupported_media_type: {
    heading: 'That cannot be read',
    what: 'What was sent is of a kind that this address does not take.',
    advice: ASK,
  },
  headers_too_large: {
    heading: 'Your browser sends too much',
    what: 'With each request a browser sends its cookies, and too many have gathered here.',
    advice: 'Delete the cookies of this site in your browser, and open the page again.',
  },
  rate_limited: {
    heading: 'Too many requests',
    what: 'This was asked for too often in a short time.',
    advice: 'Please wait a little, then try again.',
    way: 'try again',
  },
  internal_error: {
    heading: 'Something went wrong here',
    what: 'It is a fault of this service, not yours.',
    advice: 'Try again. If it happens again, tell whoever runs the portal, with the number below.',
    way: 'try again',
  },
  tenant_refused_client: {
    heading: 'Qlik Cloud refuses this service',
    what: 'It is not about you: Qlik Cloud does not let the service itself in, and somebody has to mend that.',
    advice: 'Tell whoever runs the portal, with the number below.',
  },
  tenant_bad_response: {
    heading: 'Qlik Cloud sent something odd',
    what: 'It is not about you: what Qlik Cloud answered cannot be used.',
    advice: 'Try again. If it happens again, tell whoever runs the portal, with the number below.',
    way: 'try again',
  },
  idp_bad_response: {
    heading: 'This sign-in is not set up correctly',
    what: 'It is not about you: the place where you sign in and this service do not understand each other, and somebody has to mend that.',
    advice: 'Tell whoever runs the portal, with the number below.',
    way: 'try again',
  },
  tenant_throttled: {
    heading: 'Qlik Cloud asks us to wait',
    what: 'It has more requests at the moment than it takes at once.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
  tenant_unavailable: {
    heading: 'Qlik Cloud does not answer',
    what: 'It is busy, or cannot be reached from here at the moment.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
  idp_unavailable: {
    heading: 'The sign-in is not available',
    what: 'The place where you sign in is busy, or cannot be reached from here at the moment.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
  store_unavailable: {
    heading: 'We cannot see who is signed in',
    what: 'The store that knows it does not answer. If you were signed in, you still are.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
  overloaded: {
    heading: 'Too much at once',
    what: 'More is being asked of this service than it can do at the moment.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
  shutting_down: {
    heading: 'One moment, please',
    what: 'This part of the service is being stopped, and another one takes its place.',
    advice: IN_A_MOMENT,
    way: 'try again',
  },
};

/** What people read instead when they meet the problem while they sign in. */
export const signInTexts: Readonly<Partial<Record<ProblemCode, ProblemText>>> = {
  bad_request: {
    heading: 'You are not signed in',
    what: 'The sign-in was cancelled, took too long, was begun in another browser, or did not say who you are.',
    advice: 'Please sign in again.',
    way: 'sign in',
  },
  session_required: {
    heading: 'You are not signed in',
    what: 'The sign-in in front of this service did not say who you are.',
    advice: 'Tell whoever runs the portal, with the number below.',
  },
  rate_limited: {
    heading: 'You are not signed in',
    what: 'Too many sign-ins from where you are have failed.',
    advice: 'Please wait a little, then sign in again.',
    way: 'sign in',
  },
  internal_error: {
    heading: 'You are not signed in',
    what: 'Something went wrong here. It is a fault of this service, not yours.',
    advice: 'Sign in again. If it happens again, tell whoever runs the portal, with the number below.',
    way: 'sign in',
  },
};

/** What people read instead when a sign-in brings nothing by which anybody could be told apart. */
export const setUpText: ProblemText = {
  heading: 'The sign-in is not set up correctly',
  what: 'It is not about you: your sign-in worked, but this service is not told what it needs to know who you are.',
  advice: 'Tell whoever runs the portal, with the number below.',
};
