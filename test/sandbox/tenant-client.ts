import type { TestContext } from 'node:test';
import {
  createSandbox,
  type Sandbox,
  type SandboxClient,
  type SandboxOptions,
} from '../../src/sandbox/sandbox.ts';

export const IMPERSONATION = 'urn:qlik:oauth:user-impersonation';

/** A token answer or an error answer, as loosely as a client has to take it. */
export type Json = Record<string, unknown>;

/** An answer whose body was read. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body read as JSON; throws when it is none. */
  json<T = Json>(): T;
}

/** Starts a sandbox that is closed when the test ends. */
export async function startSandbox(
  t: Pick<TestContext, 'after'>,
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const sandbox = await createSandbox({ tierTwoPerMinute: 10_000, ...options });
  t.after(() => sandbox.close());
  return sandbox;
}

/** One request; an object as body goes as JSON. */
export async function call(
  url: string,
  init: { method?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { method = 'GET', token, body, headers = {} } = init;
  const isText = typeof body === 'string';
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
}

/** `POST /oauth/token` with a JSON body. */
export function postToken(
  sandbox: Sandbox,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return call(`${sandbox.url}/oauth/token`, { method: 'POST', body, headers });
}

/** A client's id and secret, as they go into the body of a token request. */
export function credentials({ clientId, clientSecret }: SandboxClient): {
  client_id: string;
  client_secret: string;
} {
  return { client_id: clientId, client_secret: clientSecret };
}

/** The answer to an impersonation by the sandbox's own impersonation client. */
export function impersonate(
  sandbox: Sandbox,
  field: string,
  value: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const lookup = { grant_type: IMPERSONATION, user_lookup: { field, value } };
  return postToken(sandbox, { ...credentials(sandbox.impersonationClient), ...lookup }, headers);
}

/** The token of a user, who is named by subject. */
export async function tokenOf(sandbox: Sandbox, subject: string): Promise<string> {
  return accessToken(await impersonate(sandbox, 'subject', subject));
}

/** A token of the management client, with all of its scopes or the one given. */
export async function adminToken(sandbox: Sandbox, scope?: string): Promise<string> {
  const body = { ...credentials(sandbox.managementClient), grant_type: 'client_credentials', scope };
  return accessToken(await postToken(sandbox, body));
}

/** The token in an answer; throws with the answer's status when there is none. */
export function accessToken(answer: Answer): string {
  const token = answer.status === 200 ? answer.json().access_token : undefined;
  if (typeof token !== 'string') throw new Error(`no token: ${answer.status} ${answer.text}`);
  return token;
}

/** The codes in an error answer of Qlik's shape. */
export function codes(answer: Answer): unknown[] {
  return answer.json<{ errors: { code: unknown }[] }>().errors.map((error) => error.code);
}
