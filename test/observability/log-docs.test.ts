import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logTable } from '../../src/observability/event-log.ts';

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| ([a-z, ]+) \| (.+) \|$/gm)];

test('each event that the log writes is documented with its level and sentence, and no other is', () => {
  const documented = new Map(rows.map(([, event, level, sentence]) => [event, { level, sentence }]));
  const written = Object.entries(logTable).filter(([event]) => event !== 'token.served');
  assert.deepEqual([...documented.keys()].sort(), written.map(([event]) => event).sort());
  for (const [event, { level, sentence }] of written) {
    if (typeof level === 'string') assert.equal(documented.get(event)?.level, level, event);
    if (typeof sentence === 'string') assert.equal(documented.get(event)?.sentence, sentence, event);
  }
});
