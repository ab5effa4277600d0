import { add, concat, mul, reciprocal, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { sameCheck, temperatureCheck } from '../option-checks';
import { excluded, sameRows, type Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface SupervisedOptions {
  /** T; `auto`, the default, is 0.1. */
  temperature?: Temperature;
  /**
   * What makes two rows positives of each other, where the batch tells it. Default labels, groups
   * and captions.
   */
  same?: readonly Sameness[];
}

/**
 * Supervised contrastive learning (SupCon, arXiv 2004.11362, the outer form L_out): all 2B
 * embeddings, images and texts alike, are anchors; every other embedding of the same class is a
 * positive, Σ_i −1/|P(i)| Σ_{p∈P(i)} ln(exp(s_ip/T) / Σ_{a≠i} exp(s_ia/T)) / 2B. Each has at least
 * one, its own partner; without labels it is NT-Xent over image-text pairs.
 *
 * Needs embeddings. Terms: `temperature`. Chance: ln(2B − 1).
 */
export function supervised(options: SupervisedOptions = {}): Loss<PooledFeatures> {
  const where = 'supervised';
  const { temperature, same } = readOptions<SupervisedOptions>(
    where,
    options,
    { temperature: 'auto', same: ['labels', 'groups', 'captions'] },
    { temperature: temperatureCheck, same: sameCheck },
  );
  const { init, inverse } = temperatureRule(temperature);

  return {
    name: 'supervised',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const scale = inverse(params, 0.1);
        const all = concat<Tensor2D>([image, text], 0);
        const { targets, self } = anchors(sameRows(batch, same), batch.size);
        const logits = add<Tensor2D>(mul(cosines(all, all), scale), self);
        return {
          total: crossEntropy(logits, targets),
          terms: logged({ temperature: reciprocal(scale) }),
        };
      }),
    chance: (batchSize) => Math.log(2 * batchSize - 1),
  };
}

/** [2B, 2B] targets, spread evenly over an anchor's positives, and what bars it from itself. */
function anchors(relation: Float32Array, size: number): { targets: Tensor2D; self: Tensor2D } {
  const width = 2 * size;
  const targets = new Float32Array(width * width);
  const self = new Float32Array(width * width);
  for (let i = 0; i < width; i++) {
    const alike = relation.subarray((i % size) * size, ((i % size) + 1) * size);
    const positives = 2 * alike.reduce((count, is) => count + is, 0) - 1;
    for (let j = 0; j < width; j++) {
      if (i === j) self[i * width + j] = excluded;
      else if (alike[j % size] === 1) targets[i * width + j] = 1 / positives;
    }
  }
  return {
    targets: tensor2d(targets, [width, width]),
    self: tensor2d(self, [width, width]),
  };
}
