import { add, concat, mul, reciprocal, softmax, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { EmbeddingQueue, Loss, ModelOutputs, PooledFeatures } from '@crossweave/core';
import { count, readOptions, share } from '@crossweave/core/authoring';
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
  /** T of the model and of its momentum twin; `auto`, the default, is 0.1 on cosines, 1 on logits. */
  temperature?: Temperature;
  /** α: how much of the target is the twin's opinion, in [0, 1]. Default 0.4. */
  alpha?: number;
  /**
   * Steps over which α grows evenly from 0, for a twin that knows nothing yet (ALBEF: those of the
   * first epoch or two). Default 0: α as it is. Outside of training it always is.
   */
  rampSteps?: number;
}

/**
 * ALBEF's image-text contrast with soft targets (ITC with momentum distillation, arXiv 2107.07651):
 * cross-entropy against α·softmax(s'/T) + (1 − α)·truth, s' the similarities that the momentum twin,
 * `outputs.teacher`, finds; mean of both directions. Candidates are the twin's embeddings of the
 * other side, then those of its queue; where the fusion has no embeddings, the batch's own scores.
 * Targets carry no gradient, neither do the twin's embeddings.
 *
 * A text of the queue that is right for an image of the batch, and an image that a text is right for,
 * is treated as a duplicate; empty places of the queue and rows without a negative do not count.
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

  return {
    name: 'momentum-contrastive',
    ...(init && { init }),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const weight = shareAt(ctx.step);
        const scale = inverse(params, outputs.embed === undefined ? 1 : 0.1);
        const { i2t, t2i, queue } = opinions(where, outputs);
        const contrast = ([own, twin]: Opinions, among: 'texts' | 'images') => {
          const { targets, exclusion, negatives } = candidates(batch, settings, { among, queue });
          const logits = add<Tensor2D>(mul(own, scale), exclusion);
          const opinion = softmax(add<Tensor2D>(mul(twin, scale), exclusion));
          const soft = add<Tensor2D>(mul(opinion, weight), mul(targets, 1 - weight));
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
  };
}

/** Similarities [B, B + Q]: the model's own, and its twin's, a constant of differentiation. */
type Opinions = readonly [own: Tensor2D, twin: Tensor2D];

/** Of both directions, and the queue whose rows stand after those of the batch. */
function opinions(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
): { i2t: Opinions; t2i: Opinions; queue: EmbeddingQueue | undefined } {
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
