import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agree, table } from './table';

const figures = (mrr: number): Record<string, number> => ({
  'retrieval.i2t.r1': 0.1,
  'retrieval.i2t.r5': 0.2,
  'retrieval.i2t.mrr': mrr,
  'retrieval.t2i.r1': 0.3,
  'retrieval.t2i.r5': 0.4,
  'retrieval.t2i.mrr': mrr,
});

void test('figures agree to 1e-4', () => {
  agree(figures(0.5), figures(0.50009), 'a run');
  assert.throws(() => agree(figures(0.5), figures(0.5002), 'a run'), /a run: i2t.mrr/);
  assert.throws(() => agree(figures(NaN), figures(0.5), 'a run'), /a run: i2t.mrr/);
  assert.throws(() => agree({}, figures(0.5), 'a run'), /no retrieval.i2t.r1/);
});

void test('a row has mean, least and greatest of its seeds, and what it lost', () => {
  const rows = [['tuned', [figures(0.4), figures(0.2)]]] as const;
  assert.deepEqual(table(rows, figures(0.5)).split('\n'), [
    '|  | i2t.r1 | i2t.r5 | i2t.mrr | t2i.r1 | t2i.r5 | t2i.mrr | MRR lost |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    '| tuned | 10.0 [10.0, 10.0] | 20.0 [20.0, 20.0] | 30.0 [20.0, 40.0] | 30.0 [30.0, 30.0] | 40.0 [40.0, 40.0] | 30.0 [20.0, 40.0] | 40.0 [20.0, 60.0] |',
  ]);
  assert.match(table([['before', [figures(0.5)]]]), /\| before \| 10.0 \| 20.0 \| 50.0 \|/);
});
