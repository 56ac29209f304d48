import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/lib/nearest.ts';

const names = ['serve', 'demo', 'sandbox', 'version'];
const words: [string, string | undefined][] = [
  ['serve', 'serve'],
  ['sreve', 'serve'],
  ['erve', 'serve'],
  ['serves', 'serve'],
  ['sandboxed', 'sandbox'],
  ['version2', 'version'],
  ['dmo', 'demo'],
  ['vers', undefined],
  ['constructor', undefined],
  ['', undefined],
];
for (const [word, meant] of words) {
  test(`given ${JSON.stringify(word)}, the name that was meant is ${meant ?? 'unknown'}`, () =>
    assert.equal(nearest(word, names), meant));
}

test('given two names that could be meant, it is the one with fewer mistakes', () =>
  assert.equal(nearest('clents', ['events', 'clients']), 'clients'));
