import { cast, greater, mul, softplus, sum, tensor1d } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn, requireInteger, withDefaults, type Features, type Loss } from '@crossweave/core';
import { drawRivals, imageSimilarity, textSimilarity } from './draw';
import { joinRows, negativesPerPair, repeatRows, takeRows } from './rows';

export interface MatchingOptions {
  /** Negatives drawn from the batch for each row, of texts and of images. Default 1. */
  inBatch?: number;
  /** Draw them by similarity (true) or uniformly. Default true. */
  hard?: boolean;
  /** T of the softmax over similarities that they are drawn from. Default 0.1. */
  drawTemperature?: number;
  /** The batch's own hard negatives, where it has them, are negative pairs too. Default true. */
  negatives?: boolean;
}

/** Pairs to be judged, their truth, and 0 for those that stand for no pair. */
interface Judged {
  readonly image: Features;
  readonly text: Features;
  readonly truth: 0 | 1;
  readonly weights: readonly number[];
}

/**
 * Image-text matching (ITM of ALBEF, arXiv 2107.07651): binary cross-entropy of `match`
 * over the B true pairs, `inBatch` texts and `inBatch` images drawn for each row from the
 * batch's other groups, and the given hard negatives; the mean over all pairs.
 *
 * Terms: `accuracy` over all pairs at the threshold 0, and `accuracy.true` and
 * `accuracy.false` over either kind. Chance: ln 2.
 */
export function matching(options: MatchingOptions = {}): Loss {
  const where = 'matching';
  const settings = withDefaults<MatchingOptions>(where, options, {
    inBatch: 1,
    hard: true,
    drawTemperature: 0.1,
    negatives: true,
  });
  const { inBatch, negatives } = settings;
  requireInteger(where, 'inBatch', inBatch, 0);

  return {
    name: 'matching',
    compute: (_params, outputs, batch, ctx) => {
      const { image, text } = outputs;
      const ones = (count: number): number[] => new Array<number>(count).fill(1);
      const judged: Judged[] = [{ image, text, truth: 1, weights: ones(batch.size) }];
      if (inBatch > 0) {
        const draw = (name: string, similarity: typeof textSimilarity) =>
          drawRivals(
            foldIn(ctx.key, `${where}.${name}`),
            () => similarity(outputs),
            batch.groups,
            inBatch,
            settings,
          );
        const texts = draw('texts', textSimilarity);
        const images = draw('images', imageSimilarity);
        judged.push(
          {
            image: repeatRows(image, inBatch),
            text: takeRows(text, texts.rows),
            truth: 0,
            weights: texts.valid,
          },
          {
            image: takeRows(image, images.rows),
            text: repeatRows(text, inBatch),
            truth: 0,
            weights: images.valid,
          },
        );
      }
      const given = negatives ? negativesPerPair(where, outputs, batch) : 0;
      if (given > 0) {
        judged.push({
          image: repeatRows(image, given),
          text: outputs.negatives!,
          truth: 0,
          weights: ones(batch.size * given),
        });
      }

      const { match } = outputs.fuse(
        joinRows(judged.map((pairs) => pairs.image)),
        joinRows(judged.map((pairs) => pairs.text)),
      );
      const sides = judged.flatMap(({ truth, weights }) =>
        weights.map(() => (truth === 1 ? 1 : -1)),
      );
      const right = mul<Tensor1D>(match, tensor1d(sides, 'float32'));
      const average = (values: Tensor1D, weights: readonly number[]): Scalar => {
        const total = weights.reduce((a, b) => a + b, 0);
        return sum<Scalar>(mul(values, tensor1d(weights.map((w) => w / Math.max(1, total)))));
      };
      const weights = judged.flatMap((pairs) => pairs.weights);
      const correct = cast(greater<Tensor1D>(right, 0), 'float32');
      const only = (side: number): number[] => weights.map((w, p) => (sides[p] === side ? w : 0));
      return {
        // −log σ(z) of true pairs and −log σ(−z) of false ones.
        total: average(softplus(mul<Tensor1D>(right, -1)), weights),
        terms: {
          accuracy: average(correct, weights),
          'accuracy.true': average(correct, only(1)),
          'accuracy.false': average(correct, only(-1)),
        },
      };
    },
    chance: () => Math.LN2,
  };
}
