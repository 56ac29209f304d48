import { isIP } from 'node:net';

/** Whether a host name, as in `URL.hostname` or `HOST`, can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
