import { memory } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { retrievalMetrics, retrievalMetricsOfBlocks, type ScoreBlock } from '../metrics/retrieval';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { retrievalPlan } from './plan';
import { retrievalBlocks } from './retrieval-blocks';
import { retrievalScores, type RetrievalScoresOptions } from './retrieval-scores';

let cache: FeatureCache;
let rows: number[];
beforeAll(async () => {
  cache = await encodeSplit({
    split: tinySplit(11),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
  rows = retrievalPlan(cache).captions.map((caption) => cache.textRow(caption));
});

const dual = { fusion: equalityFusion('separable'), params: {} };
const joint = { fusion: equalityFusion('joint'), params: {} };
const blind = { fusion: blindFusion, params: {} };

/** The candidates of each row, the best first. */
function orders(scores: ScoreBlock, width: number): number[][] {
  return Array.from({ length: scores.length / width }, (_, query) => {
    const row = scores.subarray(query * width, (query + 1) * width);
    return [...row.keys()].sort((a, b) => row[b]! - row[a]!);
  });
}

describe.each([
  ['a separable fusion', dual, {}],
  ['a joint one', joint, {}],
  ['a joint one that re-ranks', joint, { dual, top: 3 }],
  ['by its own score', blind, { dual, top: 2, by: 'own' }],
] as const)('%s in blocks', (_name, fitted, options: RetrievalScoresOptions) => {
  it('orders as over all scores at once, and leaks nothing', async () => {
    const before = memory().numTensors;
    const all = await retrievalScores(fitted, cache, rows, options);
    const blocks = await retrievalBlocks(fitted, cache, rows, { ...options, chunk: 4 });
    for (const way of ['i2t', 't2i'] as const) {
      const width = way === 'i2t' ? rows.length : 11;
      const found: number[][] = [];
      let most = 0;
      for await (const block of blocks(way)) {
        found.push(...orders(block, width));
        most = Math.max(most, block.length / width);
      }
      expect(found).toEqual(orders(all[way], width));
      if (fitted === dual || 'dual' in options) expect(most).toBe(4);
    }
    expect(memory().numTensors).toBe(before);
  });
});

it('measures blocks as one matrix, and refuses another number of rows', async () => {
  const { i2t } = retrievalPlan(cache);
  const { i2t: scores } = await retrievalScores(dual, cache, rows);
  const blocks = await retrievalBlocks(dual, cache, rows, { chunk: 3 });
  expect(await retrievalMetricsOfBlocks(i2t, blocks('i2t'))).toEqual(
    retrievalMetrics({ ...i2t, scores }),
  );
  const one = async function* (): AsyncGenerator<ScoreBlock> {
    const { value } = await blocks('i2t').next();
    if (value !== undefined) yield value;
  };
  await expect(retrievalMetricsOfBlocks(i2t, one())).rejects.toThrow(/got 3 rows/);
});

it('ends when the signal comes between two rows', async () => {
  const stop = new AbortController();
  const blocks = await retrievalBlocks(dual, cache, rows, { chunk: 1, signal: stop.signal });
  const made: ScoreBlock[] = [];
  const all = async (): Promise<void> => {
    for await (const block of blocks('i2t')) {
      made.push(block);
      stop.abort(new Error('enough'));
    }
  };
  await expect(all()).rejects.toThrow('enough');
  expect(made).toHaveLength(1);
});
