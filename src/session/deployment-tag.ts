import { hash } from 'node:crypto';

const LENGTH = 8;

/**
 * What tells the cookies of services apart that share a host name, since a cookie's `Path` protects nothing: an
 * underscore and eight characters for the path of `PUBLIC_URL`; nothing when there is none.
 */
export function deploymentTag({ pathname }: URL): string {
  return pathname === '/' ? '' : `_${hash('sha256', pathname, 'base64url').slice(0, LENGTH)}`;
}
