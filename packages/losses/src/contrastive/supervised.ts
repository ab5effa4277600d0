import { add, concat, mul, reciprocal, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { hostValue, type HostValue, type Loss, type PooledFeatures } from '@crossweave/core';
import { checkOptions, withConfig } from '@crossweave/core/authoring';
import { sameCheck, temperatureCheck } from '../option-checks';
import { meanCount } from '../negatives';
import type { AnyBatch } from '../rows';
import { excluded, rightImages, rightTexts, sameness, sameTexts } from '../same';
import type { Identities, Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface SupervisedOptions {
  /** T; `auto`, the default, is 0.1. */
  temperature?: Temperature;
  /**
   * What makes two embeddings positives of each other. Default labels, groups and captions, as far
   * as the batch has them.
   */
  same?: readonly Sameness[];
}

/**
 * Supervised contrastive learning (SupCon, arXiv 2004.11362, the outer form L_out): all 2B
 * embeddings, of images and texts, are anchors, and every other embedding of the same class is a
 * positive: Σ_i −1/|P(i)| Σ_{p∈P(i)} ln(exp(s_ip/T) / Σ_{a≠i} exp(s_ia/T)) / 2B. Each anchor has at
 * least one positive, its partner. Without labels the loss is NT-Xent over image-text pairs.
 *
 * Needs embeddings. Terms: `negatives` (mean number of negatives of an anchor), `temperature`.
 * Chance: ln(2B − 1).
 */
export function supervised(options: SupervisedOptions = {}): Loss<PooledFeatures> {
  const where = 'supervised';
  checkOptions<SupervisedOptions>(where, options, {
    temperature: temperatureCheck,
    same: sameCheck,
  });
  const { temperature = 'auto', same } = options;
  const { init, inverse } = temperatureRule(temperature);

  return withConfig(
    where,
    { temperature, same },
    {
      name: 'supervised',
      ...(init && { init }),
      compute: (params, outputs, batch) =>
        tidy(() => {
          const { image, text } = requireEmbeddings(where, outputs);
          const scale = inverse(params, 0.1);
          const all = concat<Tensor2D>([image, text], 0);
          const { targets, self, counts } = anchors(batch, same ?? knownOf(batch));
          const logits = add<Tensor2D>(mul(cosines(all, all), scale), self);
          return {
            total: crossEntropy(logits, targets),
            terms: logged({ negatives: meanCount({ counts }), temperature: reciprocal(scale) }),
          };
        }),
      chance: (batchSize) => Math.log(2 * batchSize - 1),
    },
  );
}

/** The kinds of identities that a batch has. */
function knownOf(batch: Identities): readonly Sameness[] {
  const isLabelled = hostValue(batch).choose(({ labels }) => labels !== undefined);
  return isLabelled ? ['labels', ...sameTexts] : sameTexts;
}

/**
 * [2B, 2B] targets, spread evenly over an anchor's positives; the terms that exclude the anchor
 * itself; and the number of negatives of each anchor.
 */
function anchors(
  batch: AnyBatch,
  by: readonly Sameness[],
): { targets: Tensor2D; self: Tensor2D; counts: HostValue<readonly number[]> } {
  const width = 2 * batch.size;
  const found = hostValue<Identities>(batch).map((identities) => anchorRows(identities, by));
  return {
    targets: found.tensor<Rank.R2>(({ targets }) => targets, [width, width]),
    self: found.tensor<Rank.R2>(({ self }) => self, [width, width]),
    counts: found.map(({ counts }) => counts),
  };
}

/** The matrices of {@link anchors}, each [2B·2B]. */
function anchorRows(batch: Identities, by: readonly Sameness[]) {
  const size = batch.groups.length;
  const width = 2 * size;
  const targets = new Float32Array(width * width);
  const self = new Float32Array(width * width);
  const [alike, texts, images] = [
    sameness(batch, by),
    rightTexts(batch, by),
    rightImages(batch, by),
  ];
  const counts = Array.from({ length: width }, (_, i) => {
    const row = i % size;
    const isImage = i < size;
    // The columns of the images come first, then those of the texts.
    const positives = [
      ...[...(isImage ? alike : images)[row]!].map((j) => j),
      ...[...(isImage ? texts : alike)[row]!].map((j) => size + j),
    ].filter((j) => j !== i);
    for (const j of positives) targets[i * width + j] = 1 / positives.length;
    self[i * width + i] = excluded;
    return width - 1 - positives.length;
  });
  return { targets, self, counts };
}
