import { cidr } from '../kinds/addresses.ts';
import { shownList } from '../kinds/lists.ts';
import { duration, port } from '../kinds/numbers.ts';
import { secret, text } from '../kinds/texts.ts';
import { landing, origin, publicUrl } from '../kinds/urls.ts';
import { environment, oneOf } from '../kinds/words.ts';
import type { Setting } from './setting.ts';

/** Where the service and its operators’ listener answer, and how the process behaves. */
export const listening = {
  PORT: { kind: port, default: '3000', doc: 'Port of the service.' },
  HOST: { kind: text, default: '127.0.0.1', doc: 'Address to listen on.' },
  PUBLIC_URL: {
    kind: publicUrl,
    default: 'http://localhost:$PORT',
    doc: 'What the browser sees, and the only source of the absolute URLs and cookie attributes that the service writes: with `https`, cookies are `Secure` and named `__Host-…`, wherever TLS ends. With a path, all routes live under it. Must be `https` when `NODE_ENV` is `production`.',
  },
  POST_LOGOUT_URL: {
    kind: landing,
    default: '/',
    doc: 'Where a sign-out ends: a form’s, and one that goes through the identity provider, where it must be registered as an absolute URL. With `PORTAL_AUTH=proxy`: the gateway’s own sign-out.',
  },
  ALLOWED_ORIGINS: {
    kind: shownList(origin),
    default: '',
    doc: 'Origins other than that of `PUBLIC_URL` whose pages may call. Compared exactly: scheme, host and port. In production https only.',
  },
  TRUSTED_PROXIES: {
    kind: shownList(cidr),
    default: '',
    doc: "Proxies whose `X-Forwarded-For` is believed: together at most half of all addresses. Without it, the peer's address is the client's. With `PORTAL_AUTH=proxy`: the gateway.",
  },
  KEEP_ALIVE_TIMEOUT: {
    kind: duration,
    default: '75s',
    doc: 'How long a connection of the service stays open without a request; from 1s to 24d. Longer than [what is in front](container.md#load-balancers) keeps it, which otherwise meets connections that are being closed, and answers 502.',
  },
  ADMIN_PORT: {
    kind: port,
    default: '9464',
    doc: 'Port of the operators’ listener: metrics, and [calls that end sessions and tokens](admin-api.md).',
  },
  ADMIN_HOST: {
    kind: text,
    default: '127.0.0.1',
    doc: 'Address of the operators’ listener. On any but a loopback address one of the two tokens is required.',
  },
  ADMIN_TOKEN: {
    kind: secret(32),
    fromFile: true,
    doc: 'Bearer token for every call of the operators’ listener; without it there are only metrics.',
  },
  ADMIN_METRICS_TOKEN: {
    kind: secret(32),
    fromFile: true,
    doc: 'Bearer token that reads metrics and does nothing else, for Prometheus. With either token, metrics need one.',
  },
  NODE_ENV: {
    kind: environment,
    doc: '`production` refuses what is only fit for one’s own machine.',
  },
  SHUTDOWN_DELAY: {
    kind: duration,
    default: '0s',
    doc: 'How long `/readyz` says 503 after SIGTERM before the service stops accepting connections.',
  },
  SHUTDOWN_TIMEOUT: {
    kind: duration,
    default: '20s',
    doc: 'The process ends this long after SIGTERM, whatever is still in flight.',
  },
  LOG_LEVEL: {
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    doc: 'The least severe entries that are logged.',
  },
} as const satisfies Record<string, Setting>;
