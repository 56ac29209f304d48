import type { FastifyRequest } from 'fastify';

/** Whether an HTML form sent the request: it navigates, and wants to be sent somewhere. */
export function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}
