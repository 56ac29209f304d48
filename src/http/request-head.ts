import type { IncomingMessage, Server } from 'node:http';
import { HttpProblem } from './problem.ts';

/** Browsers send some thirty, and proxies add a few. */
const MAX_HEADERS = 100;

/** A name or an address, and perhaps a port (RFC 9110 §7.2): not a list, nor anything else that readers may differ about. */
const HOST = /^([\w.~%-]+|\[[\da-f:.]+\])(:\d{0,5})?$/i;

/**
 * Has Node hand on every request with every header. What it drops beyond its own limit, nobody would miss; and what it
 * answers by itself, as it does to an `Expect` that it does not know, is none of ours.
 */
export function takeEveryHead(server: Server): void {
  server.maxHeadersCount = 0;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** What is wrong with the head of a request as it came, whatever the request is for: to be asked before a header is believed. */
export function headProblem({ rawHeaders, httpVersion }: IncomingMessage): HttpProblem | undefined {
  if (rawHeaders.length > 2 * MAX_HEADERS)
    return new HttpProblem('headers_too_large', `The request has more than ${MAX_HEADERS} headers.`);
  const [host, ...others] = hostsOf(rawHeaders);
  if (host === undefined)
    return httpVersion === '1.0' ? undefined : new HttpProblem('bad_request', 'The request has no Host.');
  if (others.length > 0 || !HOST.test(host))
    return new HttpProblem('bad_request', 'The request has no single Host that names one.');
  return undefined;
}

function hostsOf(rawHeaders: readonly string[]): string[] {
  const hosts: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] as string);
  }
  return hosts;
}
