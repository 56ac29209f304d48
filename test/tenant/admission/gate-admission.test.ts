import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../../support/manual-clock.ts';
import { codeOf } from '../../token/token-bench.ts';
import { faults } from '../fake-issuer.ts';
import { createGateBench } from './gate-bench.ts';

it('given more calls than may be made at once, the others wait until one has ended', async () => {
  const { open, made } = createGateBench({ concurrency: 2 });
  const calls = ['a', 'b', 'c', 'd'].map((name) => open(name));
  await settle();
  assert.deepEqual(made, ['a', 'b']);
  calls[1]?.succeed();
  await settle();
  assert.deepEqual(made, ['a', 'b', 'c']);
  calls[0]?.fail(faults.permanent());
  await settle();
  assert.deepEqual(made, ['a', 'b', 'c', 'd']);
});

it('given a call that throws before it begins, its permit is free again', async () => {
  const { gate, send, ticket, made } = createGateBench({ concurrency: 1 });
  await assert.rejects(
    gate.run(() => {
      throw new Error('bug');
    }, ticket()),
    /bug/,
  );
  send('next');
  await settle();
  assert.deepEqual(made, ['next']);
});

it('given all kinds of calls that wait, mints for users go first and revocations last', async () => {
  const { open, send, ticket, made } = createGateBench({ concurrency: 1 });
  const first = open('first');
  send('revocation', ticket('revocation'));
  send('renewal', ticket('renewal'));
  send('directory', ticket('directory'));
  send('user 1');
  send('user 2');
  await settle();
  first.succeed();
  await settle();
  assert.deepEqual(made, ['first', 'user 1', 'user 2', 'directory', 'renewal', 'revocation']);
});

it('given a renewal that somebody now waits for, it takes its turn as a user', async () => {
  const { gate, open, send, ticket, made } = createGateBench({ concurrency: 1 });
  const first = open('first');
  const promoted = ticket('renewal');
  send('renewal', ticket('renewal'));
  send('promoted', promoted);
  send('user');
  gate.promote(promoted);
  await settle();
  first.succeed();
  await settle();
  assert.deepEqual(made, ['first', 'promoted', 'user', 'renewal']);
});

it('given a call whose time runs out in the queue, it is never made', async () => {
  const { open, send, ticket, clock, made } = createGateBench({ concurrency: 1 });
  const first = open('first');
  const late = send('late', ticket('user', 1_000));
  await clock.advance(999);
  assert.equal(late.state, 'pending');
  await clock.advance(1);
  assert.equal(codeOf(late.error), 'unavailable');
  first.succeed();
  await settle();
  assert.deepEqual(made, ['first']);
});

// Guards against "throttled, come back in 0 seconds" when a timer came late.
it('given a call whose time has already run out, it is not made, and the tenant is not said to throttle', async () => {
  const { send, ticket, made } = createGateBench();
  const late = send('late', ticket('user', -1));
  await settle();
  assert.equal(codeOf(late.error), 'unavailable');
  assert.deepEqual(made, []);
});

it('given calls that left the queue, those behind them keep their order', async () => {
  const { open, send, ticket, clock, made } = createGateBench({ concurrency: 1 });
  const first = open('first');
  send('a');
  send('leaves', ticket('user', 100));
  send('b');
  await clock.advance(200);
  first.succeed();
  await settle();
  assert.deepEqual(made, ['first', 'a', 'b']);
});

it('given a fault, the caller gets that very fault', async () => {
  const { open } = createGateBench();
  const fault = faults.badResponse();
  const call = open('call');
  call.fail(fault);
  await settle();
  assert.equal(call.outcome.error, fault);
});
