/** The query of `GET /login`, in every mode. */
export const loginQuery = { type: 'object', properties: { returnTo: { type: 'string' } } };
