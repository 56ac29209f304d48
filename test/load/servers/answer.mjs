/** What every stand-in answers: as large as an answer of the service with a token of 1.2 kB. */
export const answer = {
  access_token: 'x'.repeat(1_200),
  token_type: 'Bearer',
  expires_in: 21_600,
  expires_at: '2026-01-01T06:00:00.000Z',
  scope: 'user_default',
};

/** Its JSON Schema, for Fastify's serializer. */
export const answerSchema = {
  type: 'object',
  properties: {
    access_token: { type: 'string' },
    token_type: { type: 'string' },
    expires_in: { type: 'integer' },
    expires_at: { type: 'string' },
    scope: { type: 'string' },
  },
};

/** Where a stand-in is to listen. */
export const address = { host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT) };
