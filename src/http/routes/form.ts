import type { FastifyRequest } from 'fastify';
import { trimBlanks } from '../../lib/blanks.ts';

const FORMS = new Set(['application/x-www-form-urlencoded', 'multipart/form-data']);

/** Whether an HTML form sent the request: it navigates, and wants to be sent somewhere. */
export function isForm({ headers }: FastifyRequest): boolean {
  const [type = ''] = headers['content-type']?.split(';', 1) ?? [];
  return FORMS.has(trimBlanks(type).toLowerCase());
}
