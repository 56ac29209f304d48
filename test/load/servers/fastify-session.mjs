import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { LRUCache } from 'lru-cache';
import { address, answer, answerSchema } from './answer.mjs';
import { fastifyWithLog } from './request-log.mjs';

/** What one would put together from the usual parts: sessions by plugin, tokens in an LRU, no checks of the caller. */
const tokens = new LRUCache({ max: 100_000 });
const app = fastifyWithLog();
await app.register(cookie);
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } });

app.get('/livez', async () => ({ status: 'ok' }));
app.post('/login', async (request, reply) => {
  const { user } = request.body;
  request.session.userId = user;
  tokens.set(user, { ...answer });
  return reply.code(204).send();
});
app.get('/qlik-token', { schema: { response: { 200: answerSchema } } }, async (request) => {
  const { userId } = request.session;
  const token = userId === undefined ? undefined : tokens.get(userId);
  if (!token) throw new Error('nobody is signed in');
  return { ...token };
});
await app.listen(address);
