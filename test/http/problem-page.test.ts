import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { problemPage } from '../../src/http/pages/problem-page.ts';
import { type ProblemText, problemTexts, signInTexts } from '../../src/http/pages/problem-texts.ts';
import { HttpProblem, type ProblemCode, problemAnswer, problems } from '../../src/http/problem.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const docs = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
const navigated = {
  accept: BROWSER,
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

describe('the words for people', () => {
  const rows: [string, ProblemText][] = [
    ...Object.entries(problemTexts),
    ...Object.entries(signInTexts).map(([code, text]): [string, ProblemText] => [
      `${code}, at the sign-in`,
      text,
    ]),
  ];
  for (const [where, { heading, what, advice }] of rows) {
    test(`are documented: ${where}`, () => {
      const [code, ...at] = where.split(', ');
      const place = [`\`${code}\``, ...at].join(', ');
      assert.ok(docs.includes(`| ${place} | ${heading} | ${what} ${advice} |`), `${place}: ${heading}`);
    });

    test(`are short, and of whole sentences: ${where}`, () => {
      assert.ok(heading.length <= 40, heading);
      for (const sentence of [what, advice]) assert.match(sentence, /^[A-Z].{10,160}\.$/);
    });
  }
});

describe('the page of a problem', () => {
  const options = { atSignIn: false, loginUrl: '/q/login', startUrl: '/q/', mayRepeat: true };
  const render = (code: ProblemCode, more: Partial<typeof options> = {}) =>
    problemPage(problemAnswer(new HttpProblem(code, '<i>detail</i>'), 'id-1').body, { ...options, ...more });

  for (const code of Object.keys(problems) as ProblemCode[]) {
    test(`says what happened, and has what an operator asks for: ${code}`, () => {
      const { title, body } = render(code);
      assert.equal(title, problemTexts[code].heading);
      for (const part of [code, 'id-1', '&#60;i&#62;detail']) assert.ok(body.includes(part), part);
      assert.doesNotMatch(body, /<i>/);
    });
  }

  test('at the sign-in leads there again, whatever went wrong', () => {
    for (const code of ['bad_request', 'idp_unavailable', 'rate_limited'] as const)
      assert.match(render(code, { atSignIn: true }).body, /href="\/q\/login"/, code);
  });
});

describe('somebody who opens by hand', () => {
  const cases: [string, number, string, RegExp][] = [
    ['/nothing', 404, 'not_found', /There is nothing here.*href="\/"/s],
    ['/logout', 405, 'method_not_allowed', /does nothing when it is opened in a tab.*href="\/"/s],
    ['/qlik-token', 403, 'cross_site_refused', /not for people.*href="\/"/s],
    ['/qlik-config', 403, 'cross_site_refused', /not for people/],
    ['/session', 403, 'cross_site_refused', /not for people/],
    ['/%zz', 400, 'bad_request', /That did not work/],
    ['/login?returnTo=/a&returnTo=/b', 400, 'bad_request', /You are not signed in/],
  ];
  for (const [url, status, code, words] of cases) {
    test(`${url} gets a page, and a script the problem, with the same headers`, async (t) => {
      const service = await createTestService(t);
      const cookie = await service.login('ada');
      const host = new URL(service.origin).host;
      const ask = (accept: string) =>
        service.app.inject({ url, headers: { ...navigated, host, cookie, accept } });
      const [page, script] = [await ask(BROWSER), await ask('*/*')];
      assert.deepEqual([page.statusCode, script.statusCode, script.json().code], [status, status, code]);
      assert.match(page.body, words);
      assert.match(String(page.headers['content-type']), /^text\/html; charset=utf-8/);
      const own = ['content-type', 'content-length', 'content-security-policy', 'date'];
      for (const name of Object.keys({ ...page.headers, ...script.headers }).filter(
        (one) => !own.includes(one),
      ))
        assert.equal(page.headers[name], script.headers[name], name);
      assert.match(String(page.headers.vary), /\bAccept\b/);
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.equal(service.mints(), 0);
    });
  }

  test('a page while the replica stops, is told to come back', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    await service.listen();
    const { host, port } = new URL(service.origin);
    const effect = { type: 'latency', delayMs: 1_000 } as const;
    service.sandbox.faults.add({ match: { path: '/oauth/token' }, times: 1, effect });
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    const get = (path: string, more: string) =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n\r\n`);

    // The connection is kept open by a call that takes its time; the next one on it finds the replica stopping.
    get('/qlik-token', `X-CSRF: 1\r\nCookie: ${cookie}`);
    await until(() => service.sandbox.calls.count({ path: '/oauth/token' }) > 0);
    const closed = service.close();
    get('/login', `Accept: ${BROWSER}`);
    await Promise.all([closed, once(socket, 'close')]);
    assert.match(received, /"access_token"/);
    assert.match(received, /HTTP\/1.1 503 .*retry-after: 1\r\n.*<h1>One moment, please/s);
  });
});
