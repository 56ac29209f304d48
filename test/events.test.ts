import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BrokerEvent, createEvents } from '../src/events.ts';

const [first, second, third] = [
  { type: 'service.stopping' },
  { type: 'store.back' },
  { type: 'service.stopped' },
] as const;

function listener() {
  const heard: BrokerEvent[] = [];
  return { heard, listen: (event: BrokerEvent) => void heard.push(event) };
}

describe('the stream of events', () => {
  test('given nobody who listens, is told without harm', () => {
    createEvents().emit(first);
  });

  test('tells each listener each event from then on, at once and in order', () => {
    const { emit, subscribe } = createEvents();
    const order: string[] = [];
    const [early, late] = [listener(), listener()];
    subscribe((event) => {
      early.listen(event);
      order.push(`early ${event.type}`);
    });
    emit(first);
    assert.deepEqual(early.heard, [first]);
    subscribe((event) => {
      late.listen(event);
      order.push(`late ${event.type}`);
    });

    emit(second);
    emit(third);

    assert.deepEqual(early.heard, [first, second, third]);
    assert.deepEqual(late.heard, [second, third]);
    assert.equal(late.heard[0], second, 'the event itself, and no copy');
    assert.deepEqual(order, [
      'early service.stopping',
      ...['early store.back', 'late store.back'],
      ...['early service.stopped', 'late service.stopped'],
    ]);
  });

  test('tells a listener that has left nothing more, and the others all the same', () => {
    const { emit, subscribe } = createEvents();
    const [leaver, stayer] = [listener(), listener()];
    const leave = subscribe(leaver.listen);
    subscribe(stayer.listen);
    emit(first);

    leave();
    leave();
    emit(second);

    assert.deepEqual(leaver.heard, [first]);
    assert.deepEqual(stayer.heard, [first, second]);
  });

  test('given a listener that leaves while it is told, tells that event to all, and the next to the others', () => {
    const { emit, subscribe } = createEvents();
    const [once, other] = [listener(), listener()];
    const leave = subscribe((event) => {
      once.listen(event);
      leave();
    });
    subscribe(other.listen);

    emit(first);
    emit(second);

    assert.deepEqual(once.heard, [first]);
    assert.deepEqual(other.heard, [first, second]);
  });

  test('given a listener that comes while others are told, begins with the next event', () => {
    const { emit, subscribe } = createEvents();
    const late = listener();
    const leave = subscribe(() => subscribe(late.listen));

    emit(first);
    leave();
    emit(second);

    assert.deepEqual(late.heard, [second]);
  });

  test('of one service is not that of another', () => {
    const [one, other] = [createEvents(), createEvents()];
    const { heard, listen } = listener();
    other.subscribe(listen);
    one.emit(first);
    assert.deepEqual(heard, []);
  });
});
