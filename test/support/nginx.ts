import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runsUntilTheEnd } from './listening.ts';

/** A folder for an nginx of a test's own. */
export function nginxFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  // Started as root, nginx has its workers run as another user.
  chmodSync(folder, 0o755);
  return folder;
}

/** A whole configuration around what stands in its `http` block: what nginx writes by itself goes into the folder. */
export function aroundHttp(folder: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `pid ${folder}/nginx.pid;
events {}
http {
access_log off;
${temporary.map((what) => `${what}_temp_path ${folder}/${what};`).join('\n')}
${http}
}`;
}

/**
 * Runs nginx in the foreground with this configuration, until the test ends, which removes the folder. Resolves, once it
 * listens, to what tells all that it printed.
 */
export function runNginx(
  t: TestContext,
  folder: string,
  configuration: string,
  port: number,
): Promise<() => string> {
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;'];
  return runsUntilTheEnd(t, spawn('nginx', args), { folder, port });
}
