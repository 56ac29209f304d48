import assert from 'node:assert/strict';
import { it } from 'node:test';
import { computeHypercube, pageRequests } from '../../../src/sandbox/engine/hypercube.ts';

const table = {
  fields: ['Region', 'Year', 'Sales'],
  rows: [
    ['South', 2025, 30],
    ['North', 2025, 10],
    ['South', 2024, 20],
  ],
};

const dimension = (...qFieldDefs: string[]) => ({ qDef: { qFieldDefs } });
const measure = (qDef: string, qLabel?: string) => ({ qDef: { qDef, qLabel } });
const ALL = { qTop: 0, qLeft: 0, qWidth: 10, qHeight: 10 };

function texts(def: object, page = ALL): string[][] {
  return computeHypercube(def, table)
    .page(page)
    .qMatrix.map((row) => row.map((cell) => cell.qText));
}

it('groups by the dimensions, sorted from left to right', () => {
  const def = {
    qDimensions: [dimension('[Region]'), dimension('=Year')],
    qMeasures: [measure('Sum(Sales)')],
  };
  assert.deepEqual(texts(def), [
    ['North', '2025', '10'],
    ['South', '2024', '20'],
    ['South', '2025', '30'],
  ]);
});

it('without a dimension has one row', () => {
  assert.deepEqual(texts({ qMeasures: [measure('Sum(Sales)'), measure('Count(Sales)')] }), [['60', '3']]);
});

it('pages by rows and columns, and says what area it answered', () => {
  const def = { qDimensions: [dimension('Region')], qMeasures: [measure('Sum(Sales)')] };
  const page = { qTop: 1, qLeft: 1, qWidth: 5, qHeight: 5 };
  assert.deepEqual(texts(def, page), [['50']]);
  assert.deepEqual(computeHypercube(def, table).page(page).qArea, {
    qTop: 1,
    qLeft: 1,
    qWidth: 1,
    qHeight: 1,
  });
});

it('describes itself: size, titles, extremes and the grand total', () => {
  const { layout } = computeHypercube(
    {
      qDimensions: [dimension('Region')],
      qMeasures: [measure('Sum(Sales)', 'Sales')],
      qInitialDataFetch: [{ qWidth: 2, qHeight: 1 }],
    },
    table,
  );
  const [info] = layout.qMeasureInfo as object[];
  assert.deepEqual(layout.qSize, { qcx: 2, qcy: 2 });
  assert.deepEqual(info, { qFallbackTitle: 'Sales', qMin: 10, qMax: 50 });
  assert.equal((layout.qGrandTotalRow as { qNum: number }[])[0]?.qNum, 60);
  assert.equal((layout.qDataPages as unknown[]).length, 1);
});

it('shows a field or an expression that is wrong, and has no rows then', () => {
  const wrongField = computeHypercube(
    { qDimensions: [dimension('Continent')], qMeasures: [measure('1')] },
    table,
  );
  const wrongMeasure = computeHypercube({ qMeasures: [measure('Sum(')] }, table);
  assert.deepEqual(wrongField.layout.qSize, { qcx: 2, qcy: 0 });
  assert.match(JSON.stringify(wrongField.layout.qDimensionInfo), /qErrorCode/);
  assert.match(JSON.stringify(wrongMeasure.layout.qMeasureInfo), /Bad field name/);
});

it('refuses definitions and pages of another form, and more cells than Qlik sends at once', () => {
  assert.throws(() => computeHypercube({ qDimensions: 'Region' }, table), { code: -32602 });
  assert.throws(() => computeHypercube({ qMeasures: Array(21).fill(measure('1')) }, table), { code: -32602 });
  for (const pages of [undefined, 'all', [{ qTop: -1 }], [{ qTop: 0.5 }], [{ qHeight: '9' }]]) {
    assert.throws(() => pageRequests(pages), { code: -32602 });
  }
  assert.throws(() => pageRequests([{ qWidth: 10, qHeight: 1_001 }]), { code: 6001 });
});
