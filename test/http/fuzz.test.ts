import assert from 'node:assert/strict';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createSigner, type Signer } from '../support/assertions.ts';
import { gatewayHeaders, PROXY_SECRET } from '../support/gateway-service.ts';
import { createTestService, type TestService } from '../support/test-service.ts';

/** Another one each time; a run is repeated with `FUZZ_SEED`. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 20_000;
const CONNECTIONS = 64;
const ADMIN_TOKEN = 'operator-'.repeat(4);

const signer: Signer = createSigner();
const modes: Record<string, Record<string, string>> = {
  demo: {},
  proxy: { PORTAL_AUTH: 'proxy', TRUSTED_PROXIES: '127.0.0.1', PROXY_SECRET },
  assertion: signer.env,
  // Nobody answers there.
  oidc: {
    PORTAL_AUTH: 'oidc',
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'portal',
    OIDC_CLIENT_SECRET: 'secret',
  },
};

/** mulberry32 */
function createChance(seed: number) {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const times = <T>(max: number, make: () => T): T[] => Array.from({ length: below(max + 1) }, make);
  return { below, pick, times, oneIn: (count: number) => below(count) === 0 };
}
type Chance = ReturnType<typeof createChance>;

const words = (text: string): string[] => text.trim().split(/\s+/);

const METHODS = words(
  'GET GET GET GET POST POST POST HEAD OPTIONS PUT PATCH DELETE TRACE PROPFIND QUERY M-SEARCH',
);
const PATHS = words(`
  / /qlik-token /qlik-config /qlik-token.js /session /login /login/callback /logout /logout/backchannel /livez /readyz
  /metrics /admin/tokens /admin/users/ada/tokens /admin/users/ada/sessions /demo.js /nothing * http://x/qlik-token
  localhost:443`);
const CRUMBS = [
  ...words(`
    / // \\ %2f %5c %00 % %zz %ff %c0%af .. /../ /./ : /:a( /*a ? # & = ; @ [ ] __proto__ constructor ?returnTo=/a
    ?returnTo=//b ?returnTo=%0d%0a ?returnTo[]=a &returnTo=b ?a=% ?tenant=a ?tenant= ?state=x&code=y ?iss=1&state=%00
    ?__proto__[a]=b`),
  ...['x'.repeat(300), '%25'.repeat(100)],
];
const NAMES = words(`
  Origin Cookie Accept Authorization Content-Type X-CSRF Sec-Fetch-Site Sec-Fetch-Dest Sec-Fetch-Mode Referer TE Host
  X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host Forwarded X-Forwarded-User X_Forwarded_User X-Forwarded-Groups
  X-Forwarded-Email X-Forwarded-Tenant X-Proxy-Secret If-None-Match Expect Upgrade Connection Range Content-Encoding
  Accept-Encoding __proto__ constructor X-HTTP-Method-Override Access-Control-Request-Method`);
const VALUES = [
  ...words(`
    localhost 127.0.0.1 ::1 null * 1 0 -1 5 99999999999999999999 NaN , http://localhost https://evil.example same-origin
    cross-site none empty document script application/json text/plain text/html multipart/form-data a/b chunked gzip
    application/x-www-form-urlencoded websocket 100-continue 200-ok Upgrade close keep-alive bytes=0- Bearer %00 " \\
    =?utf-8?q?x?= ada a=b a = ;;; __Host-a=b GET for=_x;proto=https W/"x" 203.0.113.7:80`),
  ...['', ' ', 'gzip, chunked', 'Bearer a.b.c', 'Basic YTpi', 'ada, bruno', '127.0.0.1, 10.0.0.1'],
  ...[
    'application/json; charset=utf-7',
    'text/html, */*;q=0.1',
    '\u00ff\u00fe',
    '\ud83d\ude00',
    'x'.repeat(2_000),
  ],
  ...[PROXY_SECRET, `Bearer ${ADMIN_TOKEN}`],
];
/** What no parser should take. */
const BROKEN = {
  methods: ['get', 'BREW', 'G\u00c8T', '', 'GET GET'],
  paths: ['', '\u00e9', '/\x7f', '/\x01', '/\t', '/a b'],
  headers: [
    ...[
      'X Y: a',
      ': a',
      '\u00e9: a',
      ':authority: a',
      'X',
      'X: \x01',
      'Content-Length: 3',
      'Content-Length: -1',
    ],
    ...['gzip', 'chunked', 'chunked, chunked'].map((coding) => `Transfer-Encoding: ${coding}`),
  ],
};
const BODIES = [
  ...words(`
    {} [] null 1 "a" {"user":"ada"} {"user":{}} {"user":"ada","returnTo":"//x"} { {"rejected":true} {"rejected":1}
    {"everywhere":true} {"__proto__":{}} {"constructor":{"prototype":1}} {"a":1e999} user=ada user=ada&returnTo=/a
    user=ada&user=bruno logout_token=a.b.c a%=1&%zz = &&&`),
  ...['\x00\xff', '--x\r\n\r\n', '\ufeff{}', '['.repeat(5_000), `{"user":"${'x'.repeat(10_000)}"}`],
];

interface Shot {
  readonly method: string;
  readonly bytes: Buffer;
  /** Otherwise the server may take what comes next for a part of it, or wait for that. */
  readonly whole: boolean;
}

function createShots(chance: Chance, port: number, mode: string, cookie: () => string): () => Shot {
  const { pick, times, oneIn } = chance;

  /** What lets a request get further. */
  function usual(): string[] {
    const bearer = () => (mode === 'assertion' ? signer.assertion({ sub: 'ada' }) : ADMIN_TOKEN);
    const gateway = () => Object.entries(gatewayHeaders(pick(['ada', 'bruno'])));
    return [
      ...(oneIn(30) ? [] : [`Host: localhost:${port}`]),
      ...(oneIn(4) ? [] : ['X-CSRF: 1']),
      ...(oneIn(3) ? [] : [`Cookie: ${cookie()}`]),
      ...(oneIn(mode === 'assertion' ? 10 : 2) ? [`Authorization: Bearer ${bearer()}`] : []),
      ...(mode === 'proxy' && !oneIn(6) ? gateway().map(([name, value]) => `${name}: ${value}`) : []),
    ];
  }

  return () => {
    const method = pick(oneIn(40) ? BROKEN.methods : METHODS);
    const crumbs = oneIn(2) ? '' : times(3, () => pick(CRUMBS)).join('');
    const path = oneIn(40) ? pick(BROKEN.paths) : pick(PATHS) + crumbs;
    const odd = times(2, () => `${pick(NAMES)}: ${pick(VALUES)}`);
    const broken = oneIn(30) ? [pick(BROKEN.headers)] : [];

    const encoding = oneIn(5) ? 'utf8' : 'latin1';
    const body = oneIn(3) || (method === 'GET' && !oneIn(10)) ? '' : pick(BODIES);
    const tooLong = oneIn(60);
    const length = Buffer.byteLength(body, encoding) + (tooLong ? 7 : 0);
    const type = body.includes('=') ? 'x-www-form-urlencoded' : 'json';
    const ofBody = length > 0 ? [`Content-Type: application/${type}`, `Content-Length: ${length}`] : [];

    const version = oneIn(40) ? pick(['1.0', '2.0', '0.9', '1.1 x']) : '1.1';
    const end = oneIn(60) ? '\n' : '\r\n';
    const head = [`${method} ${path} HTTP/${version}`, ...usual(), ...ofBody, ...odd, ...broken].join(end);
    const bytes = Buffer.from(`${head}${end}${end}${body}`, encoding);
    const cut = oneIn(60) ? bytes.subarray(0, chance.below(bytes.length)) : bytes;
    const whole = broken.length === 0 && !tooLong && version === '1.1' && cut === bytes;
    return { bytes: cut, whole, method };
  };
}

/** The head of the answer to one shot; undefined when the connection was closed without one. */
interface Hit {
  readonly status: number;
  readonly head: string;
}

/** How long a server may say nothing to what may be no whole request, until it hears that nothing more comes. */
const SILENCE_MS = 25;

/** One client, whose connection is kept where what it sent and got allows that. */
function createGun(port: number) {
  let kept: Socket | undefined;

  return {
    shoot({ bytes, whole, method }: Shot): Promise<Hit | undefined> {
      const socket = kept?.writable ? kept : connect(port, '127.0.0.1').setNoDelay();
      kept = undefined;
      return new Promise((resolve) => {
        let received = Buffer.alloc(0);
        const silence = whole ? undefined : setTimeout(() => socket.end(), SILENCE_MS);

        function settle(hit: Hit | undefined, keep: boolean): void {
          clearTimeout(silence);
          socket.removeAllListeners();
          socket.on('error', () => {});
          if (keep) kept = socket;
          else socket.destroy();
          resolve(hit);
        }

        socket.on('error', () => {});
        socket.on('close', () => settle(undefined, false));
        socket.on('data', (chunk) => {
          received = Buffer.concat([received, chunk]);
          if (/^HTTP\/1\.1 100 /.test(received.toString('latin1', 0, 13)))
            received = received.subarray(received.indexOf('\r\n\r\n') + 4);
          const end = received.indexOf('\r\n\r\n');
          if (end < 0) return;
          const head = received.subarray(0, end).toString('latin1');
          const status = Number(head.split(' ', 2)[1]);
          const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
          const bodiless = method === 'HEAD' || status === 204 || status === 304;
          const complete = bodiless || received.length >= end + 4 + length;
          if (complete || !whole) settle({ status, head }, whole && !/^connection: close/im.test(head));
        });
        socket.write(bytes);
      });
    },
    stop: () => kept?.destroy(),
  };
}

function assertSound(hit: Hit, shot: Shot): void {
  const { status, head } = hit;
  const about = `seed ${SEED}\n${JSON.stringify(shot.bytes.toString('latin1'))}\n${head}`;
  assert.notEqual(status, 500, about);
  if (status < 400) return;
  assert.match(head, /^content-type: (application\/problem\+json|text\/html|application\/json)/im, about);
  assert.match(head, /^cache-control: no-store/im, about);
}

async function fuzz(t: TestContext, service: TestService, mode: string, chance: Chance, port: number) {
  let cookie = mode === 'demo' ? await service.login('ada') : 'a=b';
  const nextShot = createShots(chance, port, mode, () => cookie);
  const statuses = new Map<number | undefined, number>();
  let left = REQUESTS / Object.keys(modes).length / 2;

  async function client(): Promise<void> {
    const gun = createGun(port);
    while (left-- > 0) {
      const shot = nextShot();
      const hit = await gun.shoot(shot);
      statuses.set(hit?.status, (statuses.get(hit?.status) ?? 0) + 1);
      if (!hit) continue;
      assertSound(hit, shot);
      cookie = /^set-cookie: ([^=]+=[^;]+)/im.exec(hit.head)?.[1] ?? cookie;
      if (mode === 'demo' && hit.status === 401 && chance.oneIn(3)) cookie = await service.login('ada');
    }
    gun.stop();
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  t.diagnostic(`${mode}: ${JSON.stringify([...statuses].sort())}`);
}

for (const [index, [mode, env]] of Object.entries(modes).entries()) {
  test(`whatever is sent, with PORTAL_AUTH=${mode}: no 500, no crash, and each refusal is ours`, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`);
    const service = await createTestService(t, {
      env: {
        LOG_LEVEL: 'warn',
        ADMIN_TOKEN,
        RATE_LIMIT_SIGN_IN: '9999999/s',
        RATE_LIMIT_TOKEN: '9999999/s',
        TENANT_BUDGET: '9999999/s',
        ...env,
      },
      sandbox: { tierTwoPerMinute: 1_000_000 },
    });
    const { port } = new URL(await service.listen());
    const admin = (service.adminApp.server.address() as AddressInfo).port;
    await fuzz(t, service, mode, createChance(SEED + index), Number(port));
    await fuzz(t, service, 'admin', createChance(SEED - index - 1), admin);

    for (const event of ['request.failed', 'admin.failed'] as const)
      assert.deepEqual(service.entries(event), [], `seed ${SEED}`);
    assert.equal((await service.fetch({ url: '/livez' })).statusCode, 200);
  });
}
