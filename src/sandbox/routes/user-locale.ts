import type { FastifyInstance } from 'fastify';
import { callerOf } from '../exchange.ts';

/** `GET /user-locale`: what `@qlik/api` asks before it resumes a WebSocket, to learn whether it is still let in. */
export function registerUserLocale(app: FastifyInstance): void {
  app.get('/user-locale', async (request) => {
    const { preferredLocale = 'en-US', preferredZoneinfo = 'UTC' } = callerOf(request).user;
    return { locale: preferredLocale, zoneinfo: preferredZoneinfo };
  });
}
