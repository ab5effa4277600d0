import { add, concat, mul, reciprocal, softmax, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import {
  hostValue,
  type EmbeddingQueue,
  type Loss,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { count, readOptions, share, withConfig } from '@crossweave/core/authoring';
import { stopGradient } from '@crossweave/core/nn';
import { candidates, duplicateDefaults, type DuplicateOptions } from '../candidates';
import { duplicateChecks, temperatureCheck } from '../option-checks';
import { cosines, requireEmbeddings, similarities } from '../similarities';
import { countedRows, negativeTerms } from '../negatives';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';
import { requireTeacher } from './teacher';

export interface MomentumContrastiveOptions extends DuplicateOptions {
  /**
   * T of the model and of its momentum twin; `auto`, the default, is 0.1 for cosines and 1 for
   * logits.
   */
  temperature?: Temperature;
  /** α, the weight of the twin's softmax in the target, in [0, 1]. Default 0.4. */
  alpha?: number;
  /**
   * Number of steps in which α grows linearly from 0, while the twin is untrained (ALBEF: the first
   * or the first two epochs). Default 0: no growth. Outside of training α does not change.
   */
  rampSteps?: number;
}

/**
 * ALBEF's image-text contrast with soft targets (ITC with momentum distillation, arXiv 2107.07651):
 * cross-entropy against α·softmax(s'/T) + (1 − α)·truth, where s' are the similarities of the
 * momentum twin, `outputs.teacher`; mean of both directions. The candidates are the twin's
 * embeddings of the other side, followed by the embeddings of its queue. If the fusion has no
 * embeddings, the scores of the batch are used. No gradient flows into the targets or the twin's
 * embeddings.
 *
 * A text of the queue that is true of an image of the batch counts as a duplicate, and so does an
 * image of the queue of which a text of the batch is true. Empty places of the queue and rows
 * without a negative do not count.
 *
 * Terms: `i2t`, `t2i`, `accuracy`, `negatives`, `temperature`. Chance: ln B, without a queue.
 *
 * @throws ConfigError when the outputs have no teacher.
 */
export function momentumContrastive(
  options: MomentumContrastiveOptions = {},
): Loss<PooledFeatures> {
  const where = 'momentumContrastive';
  const settings = readOptions<MomentumContrastiveOptions>(
    where,
    options,
    { temperature: 'auto', alpha: 0.4, rampSteps: 0, ...duplicateDefaults },
    { temperature: temperatureCheck, alpha: share(), rampSteps: count(0), ...duplicateChecks },
  );
  const { alpha, rampSteps } = settings;
  const shareAt = (step = rampSteps): number =>
    step < rampSteps ? (alpha * step) / rampSteps : alpha;
  const { init, inverse } = temperatureRule(settings.temperature);

  return withConfig(where, settings, {
    name: 'momentum-contrastive',
    ...(init && { init }),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const weight = hostValue(ctx).map(({ step }) => shareAt(step));
        const [ofTwin, ofTruth] = [weight.scalar((w) => w), weight.scalar((w) => 1 - w)];
        const scale = inverse(params, outputs.embed === undefined ? 1 : 0.1);
        const { i2t, t2i, queue } = similaritiesOf(where, outputs);
        const contrast = ([own, twin]: SimilarityPair, among: 'texts' | 'images') => {
          const { targets, exclusion, negatives } = candidates(batch, settings, { among, queue });
          const logits = add<Tensor2D>(mul(own, scale), exclusion);
          const opinion = softmax(add<Tensor2D>(mul(twin, scale), exclusion));
          const soft = add<Tensor2D>(mul(opinion, ofTwin), mul(targets, ofTruth));
          return {
            loss: crossEntropy(logits, stopGradient(soft), countedRows(negatives)),
            terms: negativeTerms(logits, negatives),
          };
        };
        const [first, second] = [contrast(i2t, 'texts'), contrast(t2i, 'images')];
        return {
          total: mul<Scalar>(add(first.loss, second.loss), 0.5),
          terms: logged({
            i2t: first.loss,
            t2i: second.loss,
            ...first.terms,
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => Math.log(batchSize),
  });
}

/**
 * Similarities [B, B + Q] of the model and of its twin; the twin's are constants of
 * differentiation.
 */
type SimilarityPair = readonly [own: Tensor2D, twin: Tensor2D];

/** The similarities of both directions, and the queue, whose entries follow those of the batch. */
function similaritiesOf(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
): { i2t: SimilarityPair; t2i: SimilarityPair; queue: EmbeddingQueue | undefined } {
  const teacher = requireTeacher(where, outputs);
  if (outputs.embed === undefined) {
    const [own, twin] = [similarities(outputs), stopGradient(similarities(teacher))];
    return { i2t: [own, twin], t2i: [transpose(own), transpose(twin)], queue: undefined };
  }
  const own = requireEmbeddings(where, outputs);
  const embedded = requireEmbeddings(where, teacher);
  const side = (name: 'image' | 'text'): { twin: Tensor2D; all: Tensor2D } => {
    const twin = stopGradient(embedded[name]);
    const { queue } = teacher;
    return { twin, all: queue ? concat([twin, stopGradient(queue[name])], 0) : twin };
  };
  const [image, text] = [side('image'), side('text')];
  return {
    i2t: [cosines(own.image, text.all), cosines(image.twin, text.all)],
    t2i: [cosines(own.text, image.all), cosines(text.twin, image.all)],
    queue: teacher.queue,
  };
}
