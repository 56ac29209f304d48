import { parseArgs } from 'node:util';
import { playDay } from './day/day.ts';
import { WORKING_DAY } from './day/trace.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, replicas: { type: 'string', default: '3' } },
});
const begun = performance.now();
const day = await playDay({
  plan: WORKING_DAY,
  replicas: Number(values.replicas),
  tokenLifeMs: 6 * 3_600_000,
  seed: Number(values.seed),
});
const number = new Intl.NumberFormat('en').format;
const refused = Object.values(day.refused).reduce((sum, times) => sum + times, 0);
const rows: [string, string][] = [
  ['users', number(day.users)],
  ['sessions', number(day.sessions)],
  ['requests', number(day.requests)],
  ['mints', number(day.mints)],
  ['fewest mints possible', number(day.fewestMints)],
  ['mints for each of those', (day.mints / day.fewestMints).toFixed(4)],
  ['requests refused', refused === 0 ? '0' : `${number(refused)} ${JSON.stringify(day.refused)}`],
  ['longest wait for an answer', `${number(Math.round(day.longestWaitMs))} ms`],
  ['calls to the tenant, most in a minute', number(day.callsPerMinute)],
  ['answered 429 by the tenant', number(day.throttled)],
  ['sign-outs', number(day.signOuts)],
  ['tokens revoked at the tenant', number(day.revocations)],
  ['took', `${((performance.now() - begun) / 1_000).toFixed(0)} s`],
];
for (const [name, value] of rows) process.stdout.write(`${name.padEnd(40)}${value.padStart(12)}\n`);
