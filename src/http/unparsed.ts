import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Emit } from '../events.ts';
import { problems } from './problem.ts';

/** Answers what Node could not read as a request: too large a head, or no HTTP at all. */
export function answerUnparsed(
  error: Error & { code?: string },
  socket: Socket,
  headers: Readonly<Record<string, string>>,
  emit: Emit,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const oversized = error.code === 'HPE_HEADER_OVERFLOW';
  const requestId = randomUUID();
  emit({ type: 'request.unreadable', requestId, error });
  const status = oversized ? 431 : 400;
  const body = JSON.stringify({
    type: 'about:blank',
    title: oversized ? 'The request’s head is too large' : problems.bad_request[1],
    status,
    code: oversized ? 'body_too_large' : 'bad_request',
    detail: 'The request could not be read.',
    requestId,
  });
  socket.end(
    [
      `HTTP/1.1 ${status} ${oversized ? 'Request Header Fields Too Large' : 'Bad Request'}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'Cache-Control: no-store',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
