import { add, mul, reciprocal, softmax, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { anyOf, oneOf, readOptions, withConfig } from '@crossweave/core/authoring';
import { stopGradient } from '@crossweave/core/nn';
import { candidates, duplicateDefaults, type DuplicateOptions } from '../candidates';
import {
  duplicateChecks,
  fixedTemperatureCheck,
  temperatureCheck,
  weightCheck,
} from '../option-checks';
import { similarities } from '../similarities';
import { countedRows, negativeTerms } from '../negatives';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';
import { requireTeacher } from './teacher';

export interface DistilledContrastiveOptions extends DuplicateOptions {
  /** T of the student; `auto`, the default, is 0.1 for cosines and 1 for logits. */
  temperature?: Temperature;
  /**
   * T of the teacher; `auto`, the default, is 0.01 for cosines (the final value of CLIP) and 1 for
   * logits.
   */
  teacherTemperature?: number | 'auto';
  /** Weight of the contrastive loss with the true pairs, at least 0. Default 1. */
  contrastive?: number;
  /** Weight of the cross-entropy against the teacher, at least 0. Default 1. */
  distillation?: number;
}

/**
 * Distillation between contrastive models, as open_clip's `DistillClipLoss`. The total is a
 * weighted sum of InfoNCE of the student and of the cross-entropy −Σ p·ln q between the softmax p
 * of the teacher (`outputs.teacher`) and the softmax q of the student over the batch. Student and
 * teacher have separate temperatures. Both losses are means of the two directions. No gradient
 * flows into the teacher, whose embeddings may have a different width.
 *
 * Rows without a negative do not count.
 *
 * Terms: `contrastive`, `distillation` (unweighted), `accuracy`, `negatives`, `temperature`.
 * Chance: weight · ln B for each of the two losses, since the cross-entropy with any target is ln B
 * when the student's scores are equal.
 *
 * @throws ConfigError when the outputs have no teacher.
 */
export function distilledContrastive(
  options: DistilledContrastiveOptions = {},
): Loss<PooledFeatures> {
  const where = 'distilledContrastive';
  const settings = readOptions<DistilledContrastiveOptions>(
    where,
    options,
    {
      temperature: 'auto',
      teacherTemperature: 'auto',
      contrastive: 1,
      distillation: 1,
      ...duplicateDefaults,
    },
    {
      temperature: temperatureCheck,
      teacherTemperature: anyOf(fixedTemperatureCheck, oneOf('auto')),
      contrastive: weightCheck,
      distillation: weightCheck,
      ...duplicateChecks,
    },
  );
  const { teacherTemperature } = settings;
  const weights = { truth: settings.contrastive, teacher: settings.distillation };
  const { init, inverse } = temperatureRule(settings.temperature);

  return withConfig(where, settings, {
    name: 'distilled-contrastive',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const teacher = requireTeacher(where, outputs);
        const logitsAlready = outputs.embed === undefined;
        const scale = inverse(params, logitsAlready ? 1 : 0.1);
        const auto = logitsAlready ? 1 : 0.01;
        const teacherT = teacherTemperature === 'auto' ? auto : teacherTemperature;
        const student = mul<Tensor2D>(similarities(outputs), scale);
        const opinion = mul<Tensor2D>(stopGradient(similarities(teacher)), 1 / teacherT);
        const contrast = (own: Tensor2D, told: Tensor2D, among: 'texts' | 'images') => {
          const { targets, exclusion, negatives } = candidates(batch, settings, { among });
          const counted = countedRows(negatives);
          const logits = add<Tensor2D>(own, exclusion);
          return {
            truth: crossEntropy(logits, targets, counted),
            teacher: crossEntropy(logits, softmax(add<Tensor2D>(told, exclusion)), counted),
            terms: negativeTerms(logits, negatives),
          };
        };
        const i2t = contrast(student, opinion, 'texts');
        const t2i = contrast(transpose(student), transpose(opinion), 'images');
        const both = (of: 'truth' | 'teacher'): Scalar => mul(add<Scalar>(i2t[of], t2i[of]), 0.5);
        const [contrastive, distillation] = [both('truth'), both('teacher')];
        return {
          total: add<Scalar>(mul(contrastive, weights.truth), mul(distillation, weights.teacher)),
          terms: logged({
            contrastive,
            distillation,
            ...i2t.terms,
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => (weights.truth + weights.teacher) * Math.log(batchSize),
  });
}
