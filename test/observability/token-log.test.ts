import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLog } from '../../src/observability/log.ts';
import { logTokenEvent } from '../../src/observability/token-log.ts';
import { TokenError } from '../../src/tenant/token-error.ts';
import type { TokenEvent } from '../../src/token/token-event.ts';

const subject = {
  owner: 'tag-of-ada',
  tenant: { url: 'https://acme.eu.qlikcloud.com', clientId: 'client-1', scope: 'user_default' },
  lookup: { field: 'subject', value: 'ada' },
} as const;
const whose = { tenant: 'https://acme.eu.qlikcloud.com', subject: 'ada' };

const events: [string, TokenEvent, level: number, facts: object][] = [
  [
    'a minted token',
    { type: 'minted', subject, priority: 'user', durationMs: 120 },
    30,
    { ...whose, priority: 'user', ms: 120 },
  ],
  [
    'a token that was not minted',
    {
      type: 'mint_failed',
      subject,
      priority: 'renewal',
      durationMs: 5,
      error: new TokenError('tenant_throttled', 'Qlik Cloud asks us to wait.'),
    },
    40,
    {
      ...whose,
      priority: 'renewal',
      ms: 5,
      err: { type: 'TokenError', code: 'tenant_throttled', message: 'Qlik Cloud asks us to wait.' },
    },
  ],
  ['a revoked token', { type: 'revoked', subject, done: true }, 30, whose],
  ['a token that could not be revoked', { type: 'revoked', subject, done: false }, 40, whose],
  ['a token that the tenant refuses', { type: 'rejection_judged', subject, verdict: 'refused' }, 30, whose],
  [
    'a token that the tenant cannot be asked about',
    { type: 'rejection_judged', subject, verdict: 'unknown' },
    30,
    whose,
  ],
  [
    'a token that only the page refuses',
    { type: 'rejection_judged', subject, verdict: 'accepted' },
    40,
    { ...whose, clientId: 'client-1', ownOrigin: 'https://portal.example.com' },
  ],
];

describe('the log of tokens', () => {
  for (const [what, event, level, facts] of events) {
    test(`writes one line about ${what}, with whose it is`, () => {
      const lines: string[] = [];

      logTokenEvent(
        createLog('info', { write: (line) => lines.push(line) }),
        event,
        'https://portal.example.com',
      );

      assert.equal(lines.length, 1);
      const { level: written, time: _time, msg, ...rest } = JSON.parse(lines[0] ?? '');
      assert.equal(written, level);
      assert.match(msg, /token/);
      assert.deepEqual(rest, facts);
    });
  }
});
