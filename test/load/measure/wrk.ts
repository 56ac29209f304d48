import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endWithUs } from '../../support/end-with-us.ts';
import { CONNECTIONS, pageHeaders } from './http-load.ts';

const script = fileURLToPath(new URL('users.lua', import.meta.url));

/** Whether wrk is here: another program that makes load and counts, in C. */
export const hasWrk: boolean = spawnSync('sh', ['-c', 'command -v wrk']).status === 0;

/** What wrk saw. */
export interface WrkResult {
  readonly perSecond: number;
  readonly failures: number;
}

/** Has wrk ask for `url` over as many connections as `load` does, with these `Cookie` headers in turn. */
export async function wrk(url: string, cookies: readonly string[], seconds: number): Promise<WrkResult> {
  const folder = mkdtempSync(join(tmpdir(), 'wrk-'));
  const cookieFile = join(folder, 'cookies');
  writeFileSync(cookieFile, cookies.join('\n'));
  const headers = Object.entries(pageHeaders).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  try {
    // Its own duration would be of whole seconds; when it is interrupted, it tells what it found so far.
    const args = ['-t1', `-c${CONNECTIONS}`, '-d600s', '-s', script, ...headers, url, '--', cookieFile];
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    endWithUs(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const closed = once(child, 'close');
    await setTimeout(seconds * 1_000);
    child.kill('SIGINT');
    await closed;
    return parse(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parse(output: string): WrkResult {
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk told nothing: ${output}`);
  const { answers, micros, failures } = JSON.parse(line) as Record<string, number>;
  return { perSecond: (Number(answers) / Number(micros)) * 1_000_000, failures: Number(failures) };
}
