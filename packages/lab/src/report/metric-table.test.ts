import { key } from '@crossweave/core';
import { expect, it } from 'vitest';
import { evaluateFusion } from '../evaluate/evaluate-fusion';
import { encodeSplit } from '../features/encode-split';
import { floors } from '../floors/floors';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { metricRows, metricTable } from './metric-table';

it('value, range, floors, the model before training and chance stand side by side', async () => {
  const cache = await encodeSplit({
    split: tinySplit(12),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
  const evaluation = await evaluateFusion({ fusion: equalityFusion('joint'), params: {} }, cache);
  const before = await evaluateFusion({ fusion: blindFusion, params: {} }, cache);
  const beside = { ...floors(cache, cache), 'before training': before };

  const rows = metricRows(evaluation, beside);
  const row = rows.find(({ metric }) => metric === 'retrieval.t2i.r1')!;
  expect(row).toMatchObject({ value: 1, notShown: undefined });
  expect(row.chance).toBeCloseTo(1 / 12, 12);
  expect(row.beside['before training']).toBeCloseTo(1 / 12, 12);
  expect(row.queryInterval![0]).toBeGreaterThan(0.5);
  expect(row.queryInterval![0]).toBeLessThan(1);
  expect(rows.find(({ metric }) => metric === 'retrieval.t2i.r10')).toMatchObject({
    notShown: 'chance is 0.833',
  });

  const lines = metricTable(evaluation, beside).split('\n');
  expect(lines[0]).toMatch(
    /value.*test samples.*image-blind.*bag-of-words.*before training.*chance/,
  );
  const line = (metric: string) => lines.find((each) => each.startsWith(`${metric} `))!;
  expect(line('retrieval.t2i.r1')).toMatch(/1\.0000 +0\.\d{4} to 1\.0000.* 0\.0833 +0\.0833$/);
  expect(line('retrieval.t2i.r10')).toMatch(/not shown +chance is 0\.833/);
});
