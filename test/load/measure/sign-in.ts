import { pageHeaders } from './http-load.ts';

/** Signs a user in, the way that the service and the stand-ins share; resolves to the `Cookie` header. */
export async function login(url: string, user: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { ...pageHeaders, 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  const cookie = response.headers.get('set-cookie')?.split(';', 1)[0];
  if (response.status !== 204 || !cookie)
    throw new Error(`the sign-in at ${url} ended with ${response.status}`);
  return cookie;
}
