import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  mean,
  memory,
  neg,
  type Scalar,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  type Batch,
  type BatchSource,
  type Fusion,
  type Loss,
} from '@crossweave/core';
import { sgd } from '@crossweave/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateResults } from '../ablation/validate-results';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { compareFusions } from './compare-fusions';
import type { CompareFusionsOptions, ComparisonProgress } from './options';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'crossweave-compare-'));
});
afterEach(() => rm(out, { recursive: true, force: true }));

/** Minus the mean match of the batch's own pairs: something with a gradient. */
const matchLoss: Loss = {
  name: 'match',
  compute: (_params, outputs) => ({
    total: neg(mean<Scalar>(outputs.fuse(outputs.image, outputs.text).match)),
    terms: {},
  }),
};

type Options = CompareFusionsOptions<Tensor2D, Tensor3D>;

function options(extra: Partial<Options> = {}): Options & { seen: ComparisonProgress[] } {
  const split = tinySplit(8);
  const seen: ComparisonProgress[] = [];
  const phase = { loss: matchLoss, optimizer: sgd({ learningRate: 1e-6 }), steps: 3 };
  const arm = (name: string, fusion: Fusion) => ({
    name,
    fusion,
    training: { ...phase, batchSize: 4, negatives: 1 },
  });
  const data = (): BatchSource<Batch<Tensor2D, Tensor3D>> => ({
    batchSize: 4,
    batchesPerEpoch: 2,
    async *batches(epoch, from = 0) {
      for (let i = from; i < 2; i++) {
        const rows = [0, 1, 2, 3].map((row) => row + 4 * i);
        const ids = rows.map((row) => `p${row}`);
        const texts = split.texts(rows.map((row) => split.records[row]!.captions[epoch % 2]!));
        yield { size: 4, ids, groups: ids, image: await split.images(rows), text: texts };
      }
    },
  });
  return {
    data: { train: split, test: split, fingerprint: 'f' },
    towers: {
      ...phase,
      image: imageEncoder,
      text: textEncoder,
      fusion: equalityFusion('separable'),
      seed: 0,
      data,
    },
    arms: [arm('equal', equalityFusion('joint')), arm('blind', blindFusion)],
    seeds: [1, 2],
    out,
    recipe: { towers: { steps: 3 }, arms: { equal: {}, blind: {} } },
    onProgress: (progress) => seen.push(progress),
    ...extra,
    seen,
  };
}

describe('compareFusions', () => {
  it('trains towers, encodes, trains every arm under every seed, and leaks nothing', async () => {
    const before = memory().numTensors;
    const run = options();
    const end = await compareFusions(run);
    expect(memory().numTensors).toBe(before);
    if (end.interrupted) throw new Error('nobody interrupted');
    const results = validateResults(end.results);
    const [equal, blind] = results.arms;
    // A difference and its square, or a product with 0; one number a pair.
    expect(equal).toMatchObject({ params: 4, flops: 3 });
    expect(blind).toMatchObject({ params: 4, flops: 1 });
    expect(equal?.summary['matching.accuracy']?.mean).toBe(1);
    expect(blind?.summary['matching.accuracy']?.mean).toBe(0.5);
    expect(results.comparisons.find(({ metric }) => metric === 'matching.accuracy')).toMatchObject({
      a: 'equal',
      b: 'blind',
      difference: 0.5,
    });
    expect(results.baselines.map(({ name }) => name)).toEqual([
      'towers alone',
      'image-blind',
      'bag-of-words',
    ]);
    expect(results.chance?.['matching.accuracy']).toBe(0.5);
    expect(new Set(run.seen.map(({ stage }) => stage))).toEqual(
      new Set(['towers', 'encoding', 'trial', 'training']),
    );
  });

  it('goes on where it was stopped, in the towers and between trials', async () => {
    const inTowers = new AbortController();
    const first = options({ signal: inTowers.signal });
    const stopped = await compareFusions({
      ...first,
      onProgress: (progress) => {
        if (progress.stage === 'towers' && progress.record.step === 2) inTowers.abort();
      },
    });
    expect(stopped.interrupted).toBe(true);

    const inTrials = new AbortController();
    const second = options({ signal: inTrials.signal });
    const halfway = await compareFusions({
      ...second,
      onProgress: (progress) => {
        second.seen.push(progress);
        if (progress.stage === 'trial' && progress.kind === 'finished') inTrials.abort();
      },
    });
    expect(halfway).toMatchObject({ interrupted: true, trials: [{ arm: 'equal', seed: 1 }] });
    const towerSteps = second.seen.filter(({ stage }) => stage === 'towers');
    expect(towerSteps).toHaveLength(1);

    const third = options();
    const end = await compareFusions(third);
    expect(end.interrupted).toBe(false);
    expect(third.seen[0]).toEqual({ stage: 'towers-reused' });
    const reused = third.seen.filter((each) => each.stage === 'trial' && each.kind === 'reused');
    expect(reused).toHaveLength(1);
  });

  it('trains towers anew under another recipe, beside the old ones', async () => {
    await compareFusions(options());
    const changed = options({ recipe: { towers: { steps: 4 }, arms: { equal: {}, blind: {} } } });
    await compareFusions(changed);
    expect(changed.seen.some(({ stage }) => stage === 'towers-reused')).toBe(false);
    const folders = (await readdir(out)).filter((name) => name.startsWith('towers-'));
    expect(folders).toHaveLength(2);
  });

  it('refuses an arm that no recipe describes', async () => {
    const bad = options({ recipe: { towers: {}, arms: { equal: {} } } });
    await expect(compareFusions(bad)).rejects.toThrow(ConfigError);
  });
});
