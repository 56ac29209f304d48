import { randomBytes } from 'node:crypto';
import express from 'express';
import session from 'express-session';

/** In the manner of Qlik's sample: a session, and a token from the tenant for every request. */
const app = express();
app.use(express.json());
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: true }));

app.get('/livez', (_request, response) => response.json({ status: 'ok' }));
app.post('/login', (request, response) => {
  request.session.userId = request.body.user;
  response.status(204).end();
});
app.get('/qlik-token', async (request, response) => {
  if (!request.session.userId) return response.status(401).end();
  const minted = await fetch(`${process.env.TENANT_URL}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: 'client',
      client_secret: 'secret',
      grant_type: 'urn:qlik:oauth:user-impersonation',
      user_lookup: { field: 'subject', value: request.session.userId },
      scope: 'user_default',
    }),
  });
  return response.json(await minted.json());
});
app.listen(Number(process.env.PORT), process.env.HOST);
