/** For one answer of an identity provider, or of a portal that publishes keys; a login takes up to three. */
export const PROVIDER_ANSWER_MS = 5_000;
