import { address, answer, answerSchema } from './answer.mjs';
import { fastifyWithLog } from './request-log.mjs';

const app = fastifyWithLog();
app.get('/qlik-token', { schema: { response: { 200: answerSchema } } }, async () => ({ ...answer }));
await app.listen(address);
