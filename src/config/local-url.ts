import type { Setting } from './settings/setting.ts';
import { settingsTable } from './settings.ts';

/** Addresses that stand for every interface when listening; nothing can be reached under them. */
const EVERYWHERE: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Where another process of the same machine or container reaches the service that has this environment, without a
 * slash at the end: `http://127.0.0.1:3000/base`. Reads no other setting, and no file. Throws an `Error` that says
 * what is wrong.
 */
export function localUrl(env: Readonly<Record<string, string | undefined>>): string {
  const { PORT, HOST, PUBLIC_URL } = settingsTable.Listening;
  const port = PORT.kind.parse(raw('PORT', PORT));
  const host = HOST.kind.parse(raw('HOST', HOST));
  const base = PUBLIC_URL.kind.parse(raw('PUBLIC_URL', PUBLIC_URL).replace('$PORT', String(port))).pathname;
  const address = EVERYWHERE[host] ?? host;
  const authority = address.includes(':') ? `[${address}]` : address;
  return `http://${authority}:${port}${base.replace(/\/$/, '')}`;

  function raw(name: string, setting: Setting & { default: string }): string {
    return env[name] || setting.default;
  }
}
