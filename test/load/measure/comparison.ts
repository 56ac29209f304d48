import { BARE, before, CONVENTIONAL, LOGGED, OURS, WITH_REDIS } from './contenders.ts';
import { lowerQuartile, median, spread } from './statistics.ts';
import type { ProcessFindings, ServerFindings, Throughput } from './throughput.ts';

/** One server under load, compared with others. A ratio is how many times its own cost the cost of the other is. */
export interface Row {
  readonly name: string;
  /** Medians of the processes' medians. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Time on the processor for an answer, in microseconds, of each process; where /proc does not say, time that passed. */
  readonly micros: readonly number[];
  /** The lower quartile of `micros`. */
  readonly cost: number;
  readonly ofFastify: number | undefined;
  readonly ofFastifyLogged: number | undefined;
  readonly ofConventional: number | undefined;
  /** Of the same without Redis. */
  readonly ofMemory: number | undefined;
  /** Of the same in the other checkout. */
  readonly ofBefore: number | undefined;
  /** Of Fastify with the log line, in requests a second as wrk counts them: the median of the rounds. */
  readonly ofFastifyLoggedByWrk: number | undefined;
}

/** How much of a core others may take while a window is measured. */
const MAX_OTHERS = 0.15;
/** How far the middle half of the rounds' ratios may lie apart, and how far wrk's ratio may lie from ours. */
const MAX_SPREAD = 0.15;
const MAX_DISAGREEMENT = 0.1;

const withoutRedis = new Map([
  [WITH_REDIS, OURS],
  [before(WITH_REDIS), before(OURS)],
]);

/** The ratios that goals speak of. */
const goals = [
  [OURS, LOGGED],
  [WITH_REDIS, OURS],
  [OURS, before(OURS)],
  [WITH_REDIS, before(WITH_REDIS)],
] as const;

/** What the servers cost; none where no round ended. */
export function compare({ servers }: Throughput): Row[] {
  return servers
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ name, rounds }) => {
      const micros = rounds.map(costOf);
      const cost = lowerQuartile(micros);
      const middle = (figure: 'perSecond' | 'p50Ms' | 'p99Ms') =>
        median(rounds.map(({ windows }) => median(windows.map((window) => window[figure]))));
      const ratioTo = (other: string | undefined) => {
        const theirs = roundsOf(servers, other);
        return theirs && lowerQuartile(theirs.map(costOf)) / cost;
      };
      return {
        name,
        perSecond: middle('perSecond'),
        p50Ms: middle('p50Ms'),
        p99Ms: middle('p99Ms'),
        micros,
        cost,
        ofFastify: ratioTo(BARE),
        ofFastifyLogged: ratioTo(LOGGED),
        ofConventional: ratioTo(CONVENTIONAL),
        ofMemory: ratioTo(withoutRedis.get(name)),
        ofBefore: ratioTo(before(name)),
        ofFastifyLoggedByWrk: ratioByWrk(rounds, roundsOf(servers, LOGGED)),
      };
    });
}

/** Answers that were not 2xx or did not come, and rounds that did not end. */
export function failuresOf({ servers, endedEarly }: Throughput): string[] {
  const doubts = endedEarly === undefined ? [] : [endedEarly];
  for (const { name, rounds } of servers) {
    const failures = rounds
      .flatMap(({ windows, witness }) => [...windows, ...(witness ? [witness] : [])])
      .reduce((sum, result) => sum + result.failures, 0);
    if (failures > 0) doubts.push(`${name}: ${failures} answers were not 2xx or did not come`);
  }
  return doubts;
}

/** Why figures without failures are still not to be relied on: a busy machine, rounds far apart, a witness who differs. */
export function doubtsAbout({ servers, others }: Throughput, rows: readonly Row[]): string[] {
  const doubts: string[] = [];
  if (others.length === 0) doubts.push('nobody can tell what else ran on the cores of server and load');
  const busy = median(others);
  if (busy > MAX_OTHERS) doubts.push(`something else took ${percent(busy)} of a core in half of the windows`);
  for (const [name, other] of goals) {
    const mine = roundsOf(servers, name);
    const theirs = roundsOf(servers, other);
    if (!mine || !theirs) continue;
    const apart = spread(
      mine.map((round, index) => costOf(theirs[index] as ProcessFindings) / costOf(round)),
    );
    if (apart > MAX_SPREAD)
      doubts.push(`${name}, of ${other}: the middle half of the rounds lies ${percent(apart)} apart`);
  }
  const ours = rows.find(({ name }) => name === OURS);
  if (ours?.ofFastifyLogged !== undefined && ours.ofFastifyLoggedByWrk !== undefined) {
    const apart = Math.abs(ours.ofFastifyLoggedByWrk / ours.ofFastifyLogged - 1);
    if (apart > MAX_DISAGREEMENT)
      doubts.push(`${OURS}: what wrk saw lies ${percent(apart)} from what we saw`);
  }
  return doubts;
}

function roundsOf(
  servers: readonly ServerFindings[],
  name: string | undefined,
): readonly ProcessFindings[] | undefined {
  const rounds = servers.find((server) => server.name === name)?.rounds;
  return rounds?.length ? rounds : undefined;
}

/** In microseconds for an answer: the lower quartile of the windows. */
function costOf({ windows }: ProcessFindings): number {
  return lowerQuartile(
    windows.map(({ processorMicros, perSecond }) => processorMicros ?? 1_000_000 / perSecond),
  );
}

function ratioByWrk(
  mine: readonly ProcessFindings[],
  theirs: readonly ProcessFindings[] | undefined,
): number | undefined {
  const ratios = mine.flatMap(({ witness }, round) => {
    const other = theirs?.[round]?.witness;
    return witness && other ? [witness.perSecond / other.perSecond] : [];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
