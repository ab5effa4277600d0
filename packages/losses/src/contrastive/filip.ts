import {
  add,
  cast,
  div,
  matMul,
  maximum,
  mul,
  reciprocal,
  reshape,
  sub,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, checkShapes, type Features, type Loss } from '@crossweave/core';
import { readOptions, withConfig } from '@crossweave/core/authoring';
import { amax, normalize } from '@crossweave/core/nn';
import { candidates, duplicateDefaults, type DuplicateOptions } from '../candidates';
import { duplicateChecks, temperatureCheck } from '../option-checks';
import { excluded } from '../same';
import { countedRows, negativeTerms } from '../negatives';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface FilipOptions extends DuplicateOptions {
  /** T; `auto`, the default, is 0.1. */
  temperature?: Temperature;
}

/**
 * FILIP (arXiv 2111.07783): InfoNCE over late interactions of tokens. The similarity of image i to
 * text j is the mean over the image's tokens of the largest cosine with a token of the text. The
 * similarity of text j to image i is defined the same way with the sides exchanged. Each direction
 * uses its own similarity, and the total is the mean of both. Padding is ignored.
 *
 * It reads the tokens of both encoders, whose widths must be equal, and has no projections. (For a
 * fusion that projects tokens, use {@link infoNCE}, which reads its `score`.) It needs memory for
 * the cosines of all B·N image tokens with all B·N text tokens.
 *
 * Rows without a negative do not count.
 *
 * Terms: `i2t`, `t2i`, `accuracy`, `negatives`, `temperature`. Chance: ln B.
 *
 * @throws ShapeError when the tokens of the two sides differ in width, ConfigError when rows are
 * missing.
 */
export function filip(options: FilipOptions = {}): Loss {
  const where = 'filip';
  const settings = readOptions<FilipOptions>(
    where,
    options,
    { temperature: 'auto', ...duplicateDefaults },
    { temperature: temperatureCheck, ...duplicateChecks },
  );
  const { init, inverse } = temperatureRule(settings.temperature);

  return withConfig(where, settings, {
    name: 'filip',
    ...(init && { init }),
    compute: (params, { image, text }, batch) =>
      tidy(() => {
        checkShapes(where, {
          'image.tokens': [image.tokens, ['B', '*', 'D']],
          'text.tokens': [text.tokens, ['B', '*', 'D']],
        });
        if (image.present !== undefined || text.present !== undefined) {
          throw new ConfigError('the features have missing rows, which have no tokens to compare', {
            where,
            advice: 'Leave out the pairs with a missing side, or use infoNCE.',
          });
        }
        const scale = inverse(params, 0.1);
        const contrast = (from: Features, to: Features, among: 'texts' | 'images') => {
          const { targets, exclusion, negatives } = candidates(batch, settings, { among });
          const logits = add<Tensor2D>(mul(tokenwise(from, to), scale), exclusion);
          return {
            loss: crossEntropy(logits, targets, countedRows(negatives)),
            terms: negativeTerms(logits, negatives),
          };
        };
        const [i2t, t2i] = [contrast(image, text, 'texts'), contrast(text, image, 'images')];
        return {
          total: mul<Scalar>(add(i2t.loss, t2i.loss), 0.5),
          terms: logged({
            i2t: i2t.loss,
            t2i: t2i.loss,
            ...i2t.terms,
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => Math.log(batchSize),
  });
}

/**
 * [B, B']: for rows i and j, the largest cosine of each real token of row i with a real token of
 * row j, averaged over the tokens of row i.
 */
function tokenwise(from: Features, to: Features): Tensor2D {
  const [size, tokens, width] = from.tokens.shape;
  const [others, otherTokens] = to.mask.shape;
  const rows = (x: Features): Tensor2D =>
    normalize(reshape<Rank.R2>(x.tokens, [x.mask.size, width]));
  const padding = mul(sub(1, cast(to.mask, 'float32')), excluded);
  const cosines = add(
    matMul(rows(from), rows(to), false, true),
    reshape(padding, [1, others * otherTokens]),
  );
  const best = amax(reshape(cosines, [size * tokens * others, otherTokens]), 1);
  const real = cast(from.mask, 'float32');
  const weights = div(real, maximum(sum(real, 1, true), 1));
  return sum(
    mul(reshape<Rank.R3>(best, [size, tokens, others]), reshape(weights, [size, tokens, 1])),
    1,
  );
}
