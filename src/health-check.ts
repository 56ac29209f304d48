import { get } from 'node:http';
import { localUrl } from './config/local-url.ts';

/** Less than the `--timeout` of the image's `HEALTHCHECK`, so that the reason is printed. */
const TIMEOUT_MS = 4_000;

/**
 * The image's health check: ends with 0 when `/livez` of the service beside it, found by the same environment, answers
 * 200, and else with 1 and a line that says why.
 */
const url = `${localUrl(process.env)}/livez`;
get(url, { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
  response.resume();
  if (response.statusCode !== 200) fail(`answered ${response.statusCode}`);
}).on('error', (error) => fail(error.message));

function fail(reason: string): void {
  process.stderr.write(`${url}: ${reason}\n`);
  process.exitCode = 1;
}
