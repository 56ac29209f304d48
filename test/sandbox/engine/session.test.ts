import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEngineSession } from '../../../src/sandbox/engine/session.ts';
import type { Json } from '../tenant-client.ts';
import { errorCode, result } from './socket-client.ts';

const table = {
  fields: ['Region', 'Sales'],
  rows: [
    ['North', 1],
    ['South', 2],
  ],
};

function start(readTable: () => typeof table | undefined = () => table) {
  const session = createEngineSession({ app: { id: 'app', title: 'App' }, userId: 'u1', table: readTable });
  const send = (frame: string) => session.answer(frame) as unknown as Json;
  const call = (handle: number, method: string, params: unknown = []) =>
    send(JSON.stringify({ jsonrpc: '2.0', id: 7, handle, method, params }));
  return { send, call };
}

function opened() {
  const session = start();
  assert.equal(result<{ qHandle: number }>(session.call(-1, 'OpenDoc', ['app']), 'qReturn').qHandle, 1);
  return session;
}

it('opens the app that it is of, and no other', () => {
  const { call } = start();
  assert.equal(errorCode(call(-1, 'GetActiveDoc')), 5);
  assert.equal(errorCode(call(-1, 'OpenDoc', ['other'])), 5);
  assert.equal(errorCode(call(1, 'GetAppLayout')), -32602);
  assert.deepEqual(call(-1, 'OpenDoc', { qDocName: 'app' }).change, [1]);
  assert.equal(errorCode(call(-1, 'GetActiveDoc')), undefined);
});

it('does not open for somebody whom section access does not name', () => {
  assert.equal(errorCode(start(() => undefined).call(-1, 'OpenDoc', ['app'])), 5);
});

it('loses the data when section access changes under an open app', () => {
  let seen: typeof table | undefined = table;
  const { call } = start(() => seen);
  call(-1, 'OpenDoc', ['app']);
  assert.equal(result(call(1, 'Evaluate', ['Sum(Sales)']), 'qReturn'), '3');
  seen = undefined;
  assert.equal(errorCode(call(1, 'Evaluate', ['Sum(Sales)'])), 5);
});

it('gives an object one handle, and tells that it is new once', () => {
  const { call } = opened();
  const first = call(1, 'GetObject', ['total-sales']);
  const again = call(1, 'GetObject', ['total-sales']);
  assert.deepEqual(result(first, 'qReturn'), result(again, 'qReturn'));
  assert.deepEqual([first.change, again.change], [[2], undefined]);
  assert.equal(result<{ qHandle: unknown }>(call(1, 'GetObject', ['none']), 'qReturn').qHandle, null);
});

it('makes session objects and closes their handles when they are destroyed', () => {
  const { call } = opened();
  const properties = {
    qInfo: { qId: 'mine', qType: 'table' },
    total: { qValueExpression: { qExpr: '=Sum(Sales)' } },
    text: { qStringExpression: 'Count(Nothing)' },
    qHyperCubeDef: {
      qDimensions: [{ qDef: { qFieldDefs: ['Region'] } }],
      qMeasures: [{ qDef: { qDef: 'Sum(Sales)' } }],
    },
  };
  const { qHandle } = result<{ qHandle: number }>(call(1, 'CreateSessionObject', [properties]), 'qReturn');
  const layout = result<Json>(call(qHandle, 'GetLayout'), 'qLayout');
  assert.equal(layout.total, 3);
  assert.equal(layout.text, 'Error: Bad field name "Nothing"');
  assert.equal('qHyperCubeDef' in layout, false);
  const pages = [{ qTop: 0, qLeft: 0, qWidth: 2, qHeight: 5 }];
  const data = result<{ qMatrix: { qText: string }[][] }[]>(
    call(qHandle, 'GetHyperCubeData', ['/qHyperCubeDef', pages]),
    'qDataPages',
  );
  assert.deepEqual(
    data[0]?.qMatrix.map((row) => row.map(({ qText }) => qText)),
    [
      ['North', '1'],
      ['South', '2'],
    ],
  );
  assert.equal(errorCode(call(qHandle, 'GetHyperCubeData', ['/other', pages])), 4);
  assert.equal(errorCode(call(1, 'CreateSessionObject', [properties])), 3);
  assert.equal(result<unknown[]>(call(1, 'GetAllInfos'), 'qInfos').length, 4);
  assert.deepEqual(call(1, 'DestroySessionObject', ['mine']).close, [qHandle]);
  assert.equal(errorCode(call(qHandle, 'GetLayout')), -32602);
  assert.equal(result(call(1, 'DestroySessionObject', ['mine']), 'qSuccess'), false);
});

it('evaluates expressions, to a text and to a value', () => {
  const { call } = opened();
  assert.equal(result(call(1, 'Evaluate', ['Sum(Sales) / 2']), 'qReturn'), '1.5');
  assert.equal(result(call(1, 'Evaluate', ['Sum(']), 'qReturn'), 'Error: Bad field name ""');
  const value = result(call(1, 'EvaluateEx', ['=Sum(Sales)']), 'qValue');
  assert.deepEqual(value, { qText: '3', qIsNumeric: true, qNumber: 3 });
});

it('knows no other method, and no property of its objects by a method name', () => {
  const { call } = opened();
  for (const method of ['DoReload', 'constructor', '__proto__', 'toString']) {
    assert.equal(errorCode(call(1, method)), -32601);
    assert.equal(errorCode(call(-1, method)), -32601);
  }
});

it('answers what is no request with an error', () => {
  const { send } = opened();
  for (const [frame, code] of [
    ['', -32700],
    ['{"id":1', -32700],
    ['null', -32600],
    ['[]', -32600],
    ['"x"', -32600],
    ['{"id":1,"handle":1,"method":5}', -32600],
    ['{"id":1,"handle":"1","method":"GetAppLayout"}', -32600],
    ['{"id":1,"handle":1,"method":"GetObject","params":null}', -32600],
    ['{"id":1,"handle":1,"method":"GetObject","params":[5]}', -32602],
    ['{"id":1,"handle":1,"method":"CreateSessionObject","params":[{}]}', -32602],
    ['{"id":1,"handle":99,"method":"GetLayout"}', -32602],
  ] as const) {
    assert.equal(errorCode(send(frame)), code, frame);
  }
  assert.equal(errorCode(send('['.repeat(100_000))), -32700);
});

it('holds at most 500 session objects', () => {
  const { call } = opened();
  const create = () => call(1, 'CreateSessionObject', [{ qInfo: { qType: 'x' } }]);
  for (let count = 0; count < 500; count += 1) assert.equal(errorCode(create()), undefined);
  assert.equal(errorCode(create()), 6);
});
