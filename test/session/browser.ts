import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';

/** A cookie as an answer sets it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Names in lower case; a flag's value is the empty string. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The cookies that an answer sets, in order. */
export function setCookies(response: Pick<LightMyRequestResponse, 'headers'>): SetCookie[] {
  return [response.headers['set-cookie'] ?? []].flat().map((header) => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    return {
      name: pair.slice(0, equals),
      value: pair.slice(equals + 1),
      attributes: Object.fromEntries(
        attributes.map((attribute) => {
          const [name = '', value = ''] = attribute.split('=', 2);
          return [name.toLowerCase(), value];
        }),
      ),
    };
  });
}

/** What a browser does to one cookie when it gets an answer (RFC 6265 §5.3): the last of its name counts. */
export type Fate = { readonly kept: true } | { readonly removed: true } | { readonly header: string };

export function cookieFate(response: Pick<LightMyRequestResponse, 'headers'>, cookieName: string): Fate {
  const last = setCookies(response)
    .filter(({ name }) => name === cookieName)
    .at(-1);
  if (!last) return { kept: true };
  const { 'max-age': maxAge, expires } = last.attributes;
  const isOver = maxAge === undefined ? Date.parse(expires ?? '') <= Date.now() : Number(maxAge) <= 0;
  return isOver ? { removed: true } : { header: `${last.name}=${last.value}` };
}

export const COOKIE = 'qlik_token_broker';
export const HOST_COOKIE = '__Host-qlik_token_broker';

export function assertKept(response: LightMyRequestResponse, cookieName = COOKIE): void {
  assert.deepEqual(cookieFate(response, cookieName), { kept: true });
}

export function assertRemoved(response: LightMyRequestResponse, cookieName = COOKIE): void {
  assert.deepEqual(cookieFate(response, cookieName), { removed: true });
}

/** A problem answer with this code, and nothing else in it. */
export function assertProblem(response: LightMyRequestResponse, status: number, code: string): void {
  assert.equal(response.statusCode, status, response.body);
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
  const problem = response.json();
  assert.equal(problem.code, code);
  assert.deepEqual(Object.keys(problem).sort(), ['code', 'detail', 'requestId', 'status', 'title', 'type']);
}
