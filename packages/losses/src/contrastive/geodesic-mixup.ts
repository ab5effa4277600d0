import {
  acos,
  add,
  clipByValue,
  concat,
  div,
  expandDims,
  logSumExp,
  mul,
  reciprocal,
  sin,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  foldIn,
  hostValue,
  uniformArray,
  type HostValue,
  type Key,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { anyOf, fields, number, readOptions, share, withConfig } from '@crossweave/core/authoring';
import {
  countedRows,
  meanOfCounted,
  negativesOf,
  negativeTerms,
  type Negatives,
} from '../negatives';
import { sameCheck, temperatureCheck } from '../option-checks';
import { exclusionOf, rightImagesOf, rightTextsOf, sameTexts, type RowSets } from '../same';
import type { Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface GeodesicMixupOptions {
  /** T; `auto`, the default, is 0.1. */
  temperature?: Temperature;
  /**
   * λ, the image's share of a mix, one for the whole batch: a number in [0, 1], or drawn at each step from
   * Beta(α, α) with α in (0, 2]. Default `{ beta: 1 }`, any share alike.
   */
  mix?: number | { readonly beta: number };
  /**
   * What makes a text true of an image, so that its pair is not mixed into a negative. Default groups and
   * captions.
   */
  same?: readonly Sameness[];
}

/**
 * m²-Mix of geodesic multi-modal mixup (Oh et al. 2023, arXiv 2203.03897): each pair's two embeddings are
 * mixed on the sphere between image and text,
 * m_j = (sin(λθ_j)·image_j + sin((1 − λ)θ_j)·text_j)/sin θ_j with cos θ_j = image_j·text_j, and the mixes of
 * other pairs are the negatives of both sides: −ln(exp(s_ii/T)/(exp(s_ii/T) + Σ_{j≠i} exp(x_i·m_j/T))), mean
 * over x = images and x = texts (the published code adds the two). They lie between the modalities, where
 * plain negatives do not, and so draw the two together. Meant beside a plain contrast, in a `weightedSum`;
 * the paper's weights are 0.01 to 1.
 *
 * Needs embeddings. Rows without a negative do not count. Terms: `i2t`, `t2i`, `mix` (λ), `accuracy` and
 * `negatives` (of images among plain texts), `temperature`. Chance: ln B.
 */
export function geodesicMixup(options: GeodesicMixupOptions = {}): Loss<PooledFeatures> {
  const where = 'geodesicMixup';
  const beta = fields({ beta: number({ above: 0, max: 2 }) }, ['beta']);
  const settings = readOptions<GeodesicMixupOptions>(
    where,
    options,
    { temperature: 'auto', mix: { beta: 1 }, same: sameTexts },
    { temperature: temperatureCheck, mix: anyOf(share(), beta), same: sameCheck },
  );
  const { temperature, mix, same } = settings;
  const { init, inverse } = temperatureRule(temperature);

  return withConfig(where, settings, {
    name: 'geodesic-mixup',
    ...(init && { init }),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const { size } = batch;
        const scale = inverse(params, 0.1);
        const { image, text } = requireEmbeddings(where, outputs);
        const drawn = hostValue(foldIn(ctx.key, 'mix'));
        const lambda = drawn.scalar((key) =>
          typeof mix === 'number' ? mix : betaDraw(key, mix.beta),
        );
        const own = sum<Tensor1D>(mul(image, text), 1);
        const mixed = between(image, text, own, lambda);
        const contrast = (side: Tensor2D, right: HostValue<RowSets>, of: Negatives): Scalar => {
          const exclusion = exclusionOf(right, size);
          const others = add<Tensor2D>(mul(cosines(side, mixed), scale), exclusion);
          const pull = mul<Tensor1D>(own, scale);
          const all = logSumExp<Tensor1D>(concat([expandDims<Tensor2D>(pull, 1), others], 1), 1);
          return meanOfCounted(sub<Tensor1D>(all, pull), countedRows(of));
        };
        const [texts, images] = [rightTextsOf(batch, same), rightImagesOf(batch, same)];
        const negatives = negativesOf(texts, size);
        const i2t = contrast(image, texts, negatives);
        const t2i = contrast(text, images, negativesOf(images, size));
        return {
          total: mul<Scalar>(add(i2t, t2i), 0.5),
          terms: logged({
            i2t,
            t2i,
            mix: lambda,
            ...negativeTerms(cosines(image, text), negatives),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => Math.log(batchSize),
  });
}

/** Cosines nearer to ±1 are taken for this one: at 1 the arc has no length, at −1 no direction. */
const nearest = 1 - 1e-6;

/** [B, E] the points between unit rows `a` and `b` on their great circles, `share` of the arc away from `b`. */
function between(a: Tensor2D, b: Tensor2D, cosine: Tensor1D, share: Scalar): Tensor2D {
  const angle = acos(clipByValue(cosine, -nearest, nearest));
  const whole = sin(angle);
  const [ofA, ofB] = [share, sub<Scalar>(1, share)].map((part) =>
    expandDims(div(sin(mul(angle, part)), whole), 1),
  );
  return add(mul(a, ofA!), mul(b, ofB!));
}

/** A number from Beta(α, α) with α in (0, 2], by Jöhnk's method, which accepts at least one draw in six. */
function betaDraw(from: Key, alpha: number): number {
  for (let attempt = 0; attempt < 200; attempt++) {
    const [u, v] = uniformArray(foldIn(from, attempt), 2);
    const [x, y] = [u! ** (1 / alpha), v! ** (1 / alpha)];
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
  // A key that draws nothing, or powers that are all too small to be told from 0.
  return 0.5;
}
