import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Emit } from '../events.ts';
import { HttpProblem, problemAnswer } from './problem.ts';

/** Answers what Node could not read as a request: too large a head, or no HTTP at all. */
export function answerUnparsed(
  error: Error & { code?: string },
  socket: Socket,
  fixedHeaders: Readonly<Record<string, string>>,
  emit: Emit,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  emit({ type: 'request.unreadable', requestId, error });
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new HttpProblem('headers_too_large', 'The head of the request is larger than 16 KiB.')
      : new HttpProblem('bad_request', 'The request could not be read.');
  const { status, headers, body } = problemAnswer(problem, requestId);
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
      ...Object.entries({ ...fixedHeaders, ...headers }).map(([name, value]) => `${name}: ${value}`),
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(text)}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}
