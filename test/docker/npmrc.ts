import { existsSync, readFileSync } from 'node:fs';
import { run } from './run.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** npm's configuration on this machine as one `.npmrc` that refers to no other file, for `npm ci` inside a build. */
export async function portableNpmrc(): Promise<string> {
  const ask = (key: string) => run('npm', ['config', 'get', key]);
  const files = await Promise.all([ask('globalconfig'), ask('userconfig')]);
  const authorities = [await ask('cafile'), process.env.NODE_EXTRA_CA_CERTS ?? ''];
  const settings = files.filter(existsSync).map((path) => text(path).replace(/^cafile\s*=.*$/gm, ''));
  const certificates = authorities
    .filter(existsSync)
    .flatMap((path) => [...text(path).matchAll(CERTIFICATE)].map(([pem]) => pem));
  const lines = [...new Set(certificates)].map((pem) => `ca[]="${pem.replace(/\r?\n/g, '\\n')}"`);
  return [...settings, ...lines, ''].join('\n');
}

function text(path: string): string {
  return readFileSync(path, 'utf8');
}
