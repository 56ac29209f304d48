import { fastify } from 'fastify';
import { address, answer, answerSchema } from './answer.mjs';

const app = fastify();
app.get('/qlik-token', { schema: { response: { 200: answerSchema } } }, async () => ({ ...answer }));
await app.listen(address);
