import { matMul, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  key,
  normalArray,
  parameter,
  type Batch,
  type BatchSource,
  type Encoder,
  type FeatureSpec,
  type Fusion,
  type PooledFeatures,
} from '@crossweave/core';
import { createFusion, fusions } from '@crossweave/fusion';
import { infoNCE, matching, weightedSum } from '@crossweave/losses';
import { adamW, disposeState, jointModel, train } from '@crossweave/trainer';
import { describe, expect, it } from 'vitest';

const size = 8;
const spec: FeatureSpec = { dim: 6, tokens: 0 };

/** One linear layer, no tokens. */
function tower(name: string): Encoder<Tensor2D, PooledFeatures> {
  return {
    name,
    features: spec,
    init: (from) => ({ weight: tensor2d(normalArray(from, 4 * 6), [4, 6]) }),
    apply: (params, input) => ({ pooled: matMul<Tensor2D>(input, parameter(params, 'weight')) }),
  };
}

/** The same eight pairs of vectors, again and again. */
const pairs: BatchSource<Batch<Tensor2D, Tensor2D>> = {
  batchSize: size,
  batchesPerEpoch: 1,
  async *batches(_epoch, from = 0) {
    const ids = Array.from({ length: size }, (_, row) => `pair-${row}`);
    const values = (side: string): Tensor2D =>
      tensor2d(normalArray(foldIn(key(4), side), size * 4), [size, 4]);
    await Promise.resolve();
    if (from === 0) yield { size, ids, groups: ids, image: values('image'), text: values('text') };
  },
};

/** The fusions of the package that read only summaries. */
const ofSummaries = Object.keys(fusions).filter((name) => createFusion(name).reads === 'pooled');

/** Those whose default inner width would take minutes here. */
const inner: Readonly<Record<string, object>> = {
  'concat-mlp': { hidden: [16] },
  block: { hidden: 16, chunks: 4, rank: 2 },
  mcb: { hidden: 32 },
  mfb: { hidden: 16 },
  mfh: { hidden: 16 },
  mlb: { hidden: 16 },
  mutan: { hidden: 16, rank: 2 },
  tucker: { hidden: 8 },
};

const smallFusion = (name: string): Fusion<PooledFeatures> =>
  // What `reads` says at run time is what the type of a factory says: configs have only the former.
  createFusion(name, { dim: 8, ...inner[name] }) as Fusion<PooledFeatures>;

describe('encoders without tokens', () => {
  it.each(ofSummaries)('train with %s', async (name) => {
    const fusion = smallFusion(name);
    const losses: number[] = [];
    const state = await train({
      model: jointModel({ image: tower('image'), text: tower('text'), fusion }),
      loss: weightedSum([{ loss: infoNCE() }, { loss: matching() }]),
      optimizer: adamW({ learningRate: 0.02 }),
      data: pairs,
      steps: 25,
      key: key(1),
      log: (record) => {
        if (record.kind === 'step') losses.push(record.loss);
      },
    });
    disposeState(state);
    // A mean of two towers' own logits has no term of both: it can only find the level of chance.
    expect(losses.at(-1)!).toBeLessThan((name === 'mean-of-logits' ? 1 : 0.9) * losses[0]!);
  });

  it('are refused, by name, to fusions of tokens', () => {
    const others = Object.keys(fusions).filter((name) => !ofSummaries.includes(name));
    expect(others).toContain('co-attention');
    for (const name of others) {
      const fusion = smallFusion(name);
      const model = jointModel({ image: tower('image'), text: tower('text'), fusion });
      expect(() => tidy(() => model.init(key(1)))).toThrow(
        `${fusion.name}: the fusion reads tokens`,
      );
    }
  });
});
