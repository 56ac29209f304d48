import { address, answer, answerSchema } from './answer.ts';
import { fastifyWithLog } from './request-log.ts';

const app = fastifyWithLog();
app.get('/qlik-token', { schema: { response: { 200: answerSchema } } }, async () => ({ ...answer }));
await app.listen(address);
