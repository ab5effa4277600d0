import { memory, scalar, tensor, tensor2d } from '@tensorflow/tfjs-core';
import { disposeBatch, disposeParams, key, parameter, partition } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { evaluateObjective, initialParams, lossAndGradients } from './gradients';
import { jointModel } from './joint-model';
import { contrastive, dotFusion, linearEncoder } from './tiny.testing';

const encoder = linearEncoder('linear', 3);
const objective = {
  model: jointModel({ image: encoder, text: encoder, fusion: dotFusion }),
  loss: contrastive,
};
const ctx = { training: true, key: key(2) };
const batchOf = () => ({
  size: 2,
  ids: ['a', 'b'],
  groups: ['a', 'b'],
  image: tensor2d([0.1, 0.2, 0.3, 0.4, -0.5, 0.1, 0.2, -0.3], [2, 4]),
  text: tensor2d([0.3, -0.2, 0.1, 0.7, 0.2, 0.6, -0.4, 0.1], [2, 4]),
});

describe('lossAndGradients', () => {
  it('equals finite differences, holds only its results and skips what does not matter', () => {
    const params = { ...initialParams(objective, key(1)), 'text.unused': scalar(3) };
    const batch = batchOf();
    const [fixed, trainable] = partition(params, (path) => path.endsWith('running_mean'));
    const before = memory().numTensors;
    const result = lossAndGradients(objective, trainable, fixed, batch, ctx);
    expect(Object.keys(result.gradients).sort()).toEqual([
      'fusion.scale',
      'image.weight',
      'loss.bias',
      'text.weight',
    ]);
    expect(Object.keys(result.recorded).sort()).toEqual([
      'image.running_mean',
      'text.running_mean',
    ]);
    const trees = [result.gradients, result.recorded, result.terms, { total: result.total }];
    const own = trees.reduce((sum, tree) => sum + Object.keys(tree).length, 0);
    expect(memory().numTensors - before).toBe(own);

    const lossAt = (path: string, index: number, shift: number): number => {
      const old = parameter(params, path);
      const values = [...old.dataSync()];
      values[index]! += shift;
      const moved = { ...params, [path]: tensor(values, old.shape) };
      return evaluateObjective(objective, moved, batch, ctx).total.dataSync()[0]!;
    };
    for (const [path, gradient] of Object.entries(result.gradients)) {
      gradient.dataSync().forEach((value, i) => {
        const slope = (lossAt(path, i, 5e-3) - lossAt(path, i, -5e-3)) / 1e-2;
        expect(Math.abs(slope - value)).toBeLessThan(1e-4 + 1e-3 * Math.abs(value));
      });
    }
    trees.forEach(disposeParams);
    disposeParams(params);
    disposeBatch(batch);
  });
});
