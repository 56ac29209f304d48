import type { HeapPerUser } from './heap.ts';
import type { StartAndIdle } from './start-and-idle.ts';
import type { Stampede, WarmWhileHanging } from './tenant-trouble.ts';
import type { Row } from './throughput.ts';

/** All that a run of the bench found out. */
export interface Findings {
  readonly node: string;
  readonly pinned: boolean;
  /** Measured too shortly to rely on. */
  readonly rough: boolean;
  /** Why the figures are not to be relied on, if so. */
  readonly doubt: string | undefined;
  readonly throughput: readonly Row[];
  readonly stampede: Stampede;
  readonly warmWhileHanging: WarmWhileHanging;
  readonly heap: readonly HeapPerUser[];
  readonly startAndIdle: StartAndIdle;
}

/** The findings as Markdown tables. */
export function toMarkdown(findings: Findings): string {
  const { throughput, stampede, warmWhileHanging, heap, startAndIdle } = findings;
  const rows = throughput.map(
    ({ name, perSecond, p50Ms, p99Ms, processorMicros, ofFastify, ofFastifyLogged, ofConventional }) => [
      name,
      count(perSecond),
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
      processorMicros?.toFixed(1) ?? '?',
      ofFastify.toFixed(2),
      ofFastifyLogged.toFixed(2),
      ofConventional.toFixed(2),
    ],
  );
  const others = [
    [
      'p99 of warm users at half load, tenant answering / hanging',
      `${warmWhileHanging.normalP99Ms.toFixed(2)} / ${warmWhileHanging.hangingP99Ms.toFixed(2)} ms (× ${warmWhileHanging.ratio.toFixed(2)})`,
    ],
    [
      `calls to the tenant for ${stampede.requests} requests of one cold user at once`,
      `${stampede.tenantCalls}`,
    ],
    ...heap.map(({ users, bytesEach }) => [
      `heap per user at ${count(users)} users`,
      `${count(bytesEach)} bytes`,
    ]),
    ['start to the first 200 of `/livez`', `${Math.round(startAndIdle.startMs)} ms`],
    ['resident memory, idle', memory(startAndIdle.idleBytes)],
  ];
  return [
    ...table(
      [
        '',
        'requests/s',
        'p50 ms',
        'p99 ms',
        'CPU µs',
        'of Fastify',
        'of Fastify + log line',
        'of @fastify/session',
      ],
      rows,
    ),
    '',
    ...table(['', ''], others),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function memory(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${Math.round(bytes / 2 ** 20)} MiB`;
}
