import type { Row } from './comparison.ts';
import type { HeapPerUser } from './heap.ts';
import type { StartAndIdle } from './start-and-idle.ts';
import type { Stampede, WarmWhileHanging } from './tenant-trouble.ts';

/** All that a run of the bench found out; what failed is missing, and among the doubts. */
export interface Findings {
  readonly node: string;
  /** The folder of the checkout that this one was compared with. */
  readonly against: string | undefined;
  /** Why the figures are not to be relied on. */
  readonly doubts: readonly string[];
  readonly hasWrk: boolean;
  readonly throughput: readonly Row[];
  readonly stampede?: Stampede | undefined;
  readonly warmWhileHanging?: WarmWhileHanging | undefined;
  /** Of this checkout, and of the other one. */
  readonly heap: readonly (readonly HeapPerUser[])[];
  readonly startAndIdle: readonly StartAndIdle[];
}

/** The findings as Markdown: two tables, and the doubts. */
export function toMarkdown(findings: Findings): string {
  const { throughput, against, hasWrk, doubts } = findings;
  const columns = against === undefined ? alone : compared;
  return [
    ...table(
      ['', ...columns.map(([head]) => head)],
      throughput.map((row) => [row.name, ...columns.map(([, cell]) => cell(row))]),
    ),
    '',
    ...(hasWrk ? [] : ['wrk is not installed: there is no second witness.', '']),
    ...table(['', ...(against === undefined ? [''] : ['now', 'before'])], others(findings)),
    '',
    ...(doubts.length === 0
      ? []
      : ['Do not rely on these figures:', '', ...doubts.map((doubt) => `- ${doubt}`), '']),
  ].join('\n');
}

type Column = readonly [head: string, cell: (row: Row) => string];

const figures: readonly Column[] = [
  ['requests/s', ({ perSecond }) => count(perSecond)],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['CPU µs', ({ cost }) => cost.toFixed(1)],
  ['lowest–highest', ({ micros }) => `${Math.min(...micros).toFixed(1)}–${Math.max(...micros).toFixed(1)}`],
  ['of Fastify', ({ ofFastify }) => ratio(ofFastify)],
  ['of Fastify + log line', ({ ofFastifyLogged }) => ratio(ofFastifyLogged)],
  ['the same by wrk', ({ ofFastifyLoggedByWrk }) => ratio(ofFastifyLoggedByWrk)],
];
const alone: readonly Column[] = [
  ...figures,
  ['of @fastify/session', ({ ofConventional }) => ratio(ofConventional)],
  ['of memory', ({ ofMemory }) => ratio(ofMemory)],
];
const compared: readonly Column[] = [
  ...figures,
  ['of memory', ({ ofMemory }) => ratio(ofMemory)],
  ['of before', ({ ofBefore }) => ratio(ofBefore)],
];

function others({ stampede, warmWhileHanging, heap, startAndIdle, against }: Findings): string[][] {
  const ofNow: string[][] = [];
  if (warmWhileHanging) {
    const { normalP99Ms, hangingP99Ms, ratio: times } = warmWhileHanging;
    ofNow.push([
      'p99 of warm users at half load, tenant answering / hanging',
      `${normalP99Ms.toFixed(2)} / ${hangingP99Ms.toFixed(2)} ms (× ${times.toFixed(2)})`,
    ]);
  }
  if (stampede) {
    ofNow.push([
      `calls to the tenant for ${stampede.requests} requests of one cold user at once`,
      `${stampede.tenantCalls}`,
    ]);
  }
  const [now] = heap;
  return [
    ...ofNow.map((cells) => (against === undefined ? cells : [...cells, ''])),
    ...(now ?? []).map(({ users }, index) => [
      `heap per user at ${count(users)} users`,
      ...heap.map((each) => `${count(each[index]?.bytesEach ?? Number.NaN)} bytes`),
    ]),
    ...(startAndIdle.length === 0
      ? []
      : [
          ['start to the first 200 of `/livez`', ...startAndIdle.map(({ startMs }) => milliseconds(startMs))],
          [
            'time on the processor until then',
            ...startAndIdle.map(({ processorMs }) => milliseconds(processorMs)),
          ],
          ['resident memory, idle', ...startAndIdle.map(({ idleBytes }) => memory(idleBytes))],
        ]),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ratio(value: number | undefined): string {
  return value?.toFixed(2) ?? '';
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'unknown' : `${Math.round(value)} ms`;
}

function memory(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${Math.round(bytes / 2 ** 20)} MiB`;
}
