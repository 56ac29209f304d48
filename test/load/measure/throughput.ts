import { type Contender, createLine, type LineOptions, type Running } from './contenders.ts';
import { type LoadResult, load, type Until } from './http-load.ts';
import { watchOthers } from './others.ts';
import { hasWrk, type WrkResult, wrk } from './wrk.ts';

/** What was seen of one process of a server. */
export interface ProcessFindings {
  readonly windows: readonly LoadResult[];
  /** What wrk saw; undefined where it is not installed. */
  readonly witness: WrkResult | undefined;
}

/** What was seen of a server: of a process of its own in each round. */
export interface ServerFindings {
  readonly name: string;
  readonly rounds: readonly ProcessFindings[];
}

export interface Throughput {
  readonly servers: readonly ServerFindings[];
  /** For each measured window the share of a core that others took meanwhile, where /proc says so. */
  readonly others: readonly number[];
  /** Why there are fewer rounds than there should be, if so. */
  readonly endedEarly: string | undefined;
}

export interface ThroughputOptions extends LineOptions {
  /** Each starts every server anew. */
  readonly rounds: number;
  /** In a round each server gets so many, each so long. */
  readonly windows: number;
  readonly window: Until;
  /** For wrk, once in a round. */
  readonly witnessSeconds: number;
}

/**
 * Puts the same load on each server. All servers of a round run at the same time, and short windows of load go from one to
 * the next, there and back: what happens on the machine meanwhile meets all alike. An error ends the rounds early, and
 * what was seen until then stays.
 */
export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const { rounds, report } = options;
  const line = await createLine(options);
  const seen: ProcessFindings[][] = [];
  const others: number[] = [];
  let endedEarly: string | undefined;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      report(`round ${round} of ${rounds}`);
      seen.push(await oneRound(line.contenders, options, others));
    }
  } catch (error) {
    endedEarly = `round ${seen.length + 1} of ${rounds} ended early: ${(error as Error).message}`;
  } finally {
    await line.close();
  }
  const servers = line.contenders.map(({ name }, index) => ({
    name,
    rounds: seen.map((round) => round[index] as ProcessFindings),
  }));
  return { servers, others, endedEarly };
}

interface Entrant extends Running {
  readonly name: string;
  readonly url: string;
  readonly warmUpAnswers: number;
  readonly windows: LoadResult[];
  witness: WrkResult | undefined;
}

async function oneRound(
  contenders: readonly Contender[],
  { windows, window, witnessSeconds, report }: ThroughputOptions,
  others: number[],
): Promise<ProcessFindings[]> {
  const entrants: Entrant[] = [];
  try {
    for (const { name, warmUpAnswers, start } of contenders) {
      const running = await start();
      const url = `${running.server.url}/qlik-token`;
      entrants.push({ ...running, name, url, warmUpAnswers, windows: [], witness: undefined });
    }
    for (const { name, url, cookies, warmUpAnswers } of entrants) {
      report(`warming up: ${name}`);
      await load({ url, cookies, until: { answers: warmUpAnswers } });
    }
    for (let turn = 1; turn <= windows; turn += 1) {
      report(`window ${turn} of ${windows}`);
      for (const entrant of turn % 2 === 1 ? entrants : entrants.toReversed()) {
        const { url, cookies, server } = entrant;
        const byOthers = watchOthers();
        entrant.windows.push(await load({ url, cookies, until: window, processorMs: server.processorMs }));
        const share = byOthers();
        if (share !== undefined) others.push(share);
      }
    }
    if (hasWrk) report('wrk, as a second witness');
    for (const entrant of hasWrk ? entrants : []) {
      entrant.witness = await wrk(entrant.url, entrant.cookies, witnessSeconds);
    }
    return entrants.map(({ windows, witness }) => ({ windows, witness }));
  } finally {
    await Promise.all(entrants.map(({ server }) => server.stop()));
  }
}
