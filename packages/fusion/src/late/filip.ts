import {
  add,
  cast,
  concat,
  div,
  matMul,
  mul,
  reshape,
  sub,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  requireComplete,
  requireTokens,
  type Features,
  type Fusion,
  type Params,
} from '@crossweave/core';
import { count, readOptions, withConfig } from '@crossweave/core/authoring';
import { amax, initLinear, linear, normalize, stopGradient } from '@crossweave/core/nn';
import { checkAligned, requireTokensOf, scoreInBlocks, type Side } from '../features';
import { temperatureCheck } from '../option-checks';
import { shareOfLargest } from './share-of-largest';
import { initLogitScale, scaledLogits } from './logit-scale';

export interface FilipOptions {
  /** Width E of the shared space of tokens. Default 256. */
  dim?: number;
  /** Initial temperature, by which the similarities are divided, in [0.01, 1]. Default 0.07. */
  temperature?: number;
  /**
   * Pairs that `score` computes at a time, which bounds its memory; a pair has N_i·N_t
   * similarities. Default 1024.
   */
  chunk?: number;
}

/** Unit-norm tokens of B rows, with the mask as weights of a mean and as a penalty of a maximum. */
interface Embedded {
  readonly tokens: Tensor3D;
  /** [B, N], 1 / (number of real tokens) at the real tokens, 0 at padding. */
  readonly weight: Tensor2D;
  /** [B, N], added to the cosines: 0 at real tokens, a large negative number at padding. */
  readonly penalty: Tensor2D;
}

const projection = { image: 'visual_projection', text: 'text_projection' } as const;

/** Subtracted at padding; finite, and larger than any difference of cosines. */
const masked = 1e9;

/**
 * Token-wise late interaction (FILIP, Yao et al., arXiv 2111.07783): tokens of both sides are
 * projected to unit norm (`visual_projection`, `text_projection`, without bias). For each real
 * token the most similar real token of the other side is found. The similarity of a pair is the
 * mean of these cosines over the tokens of each side, averaged over both sides: s = ½·(mean_i max_t
 * c[i, t] + mean_t max_i c[i, t]). `match` and `score` are exp(logit_scale)·s + logit_bias.
 *
 * `joint` [B, 2E] is the elementwise product of each token and its best match (the mean of equally
 * good matches), averaged over the image tokens (first half) and over the text tokens (second
 * half). The sum of each half is the similarity of that direction. A side has no single embedding,
 * so there is no `embed`.
 */
export function filip(options: FilipOptions = {}): Fusion {
  const where = 'filip';
  const settings = readOptions<FilipOptions>(
    where,
    options,
    { dim: 256, temperature: 0.07, chunk: 1024 },
    { dim: count(), temperature: temperatureCheck, chunk: count() },
  );
  const { dim, temperature, chunk } = settings;

  return withConfig(where, settings, {
    name: `filip(${dim})`,
    family: 'late',
    scoring: 'joint',
    init: (key, image, text) => {
      requireTokens({ name: where }, image, text);
      return mergeParams(
        initLinear(key, 'visual_projection', { in: image.dim, out: dim, bias: false }),
        initLinear(key, 'text_projection', { in: text.dim, out: dim, bias: false }),
        initLogitScale(temperature),
      );
    },
    fuse: (params, image, text) => {
      checkAligned(`${where}.fuse`, image, text);
      return tidy(() => {
        const joint = matchedProducts(
          embedTokens(params, 'image', image),
          embedTokens(params, 'text', text),
        );
        const similarities = mul<Tensor1D>(sum(joint, 1), 0.5);
        return { joint, match: scaledLogits(params, similarities) };
      });
    },
    score: (params, image, text) => {
      requireComplete({ name: where }, image, text);
      return tidy(() => {
        const left = embedTokens(params, 'image', image);
        const right = embedTokens(params, 'text', text);
        return scaledLogits(params, scoreInBlocks(left, right, chunk, similarity));
      });
    },
  });
}

/** @throws ShapeError for features without tokens. */
function embedTokens(params: Params, side: Side, features: Features): Embedded {
  requireTokensOf('filip', side, features);
  const { tokens } = features;
  // Integers divided by integers would be integers.
  const mask: Tensor2D = cast(features.mask, 'float32');
  return {
    tokens: normalize(linear(params, projection[side], tokens)),
    weight: div(mask, sum(mask, 1, true)),
    penalty: mul(sub(mask, 1), masked),
  };
}

/** [m, n] similarities of m images and n texts, from all m·N_i·n·N_t cosines. */
function similarity(image: Embedded, text: Embedded): Tensor2D {
  const [m, imageTokens, width] = image.tokens.shape;
  const [n, textTokens] = text.tokens.shape;
  const flat = (x: Tensor3D): Tensor2D => reshape(x, [-1, width]);
  const ofImage = (x: Tensor2D) => reshape<Rank.R4>(x, [m, imageTokens, 1, 1]);
  const ofText = (x: Tensor2D) => reshape<Rank.R4>(x, [1, 1, n, textTokens]);
  const cosines = reshape<Rank.R4>(matMul(flat(image.tokens), flat(text.tokens), false, true), [
    m,
    imageTokens,
    n,
    textTokens,
  ]);
  const toText = amax<Tensor4D>(add(cosines, ofText(text.penalty)), 3, true);
  const toImage = amax<Tensor4D>(add(cosines, ofImage(image.penalty)), 1, true);
  const ofImages = sum<Tensor2D>(mul(toText, ofImage(image.weight)), [1, 3]);
  return mul(add(ofImages, sum(mul(toImage, ofText(text.weight)), [1, 3])), 0.5);
}

/** [B, 2E] of aligned pairs: see `joint` of {@link filip}. */
function matchedProducts(image: Embedded, text: Embedded): Tensor2D {
  const [size, imageTokens] = image.weight.shape;
  const textTokens = text.weight.shape[1];
  // The choice of the best match is a constant of differentiation, as in the gradient of a maximum.
  const cosines = matMul(stopGradient(image.tokens), stopGradient(text.tokens), false, true);
  const bestText = shareOfLargest(
    add(cosines, reshape<Rank.R3>(text.penalty, [size, 1, textTokens])),
    2,
  );
  const bestImage = shareOfLargest(
    add(cosines, reshape<Rank.R3>(image.penalty, [size, imageTokens, 1])),
    1,
  );
  return concat(
    [
      meanProduct(image, matMul(bestText, text.tokens)),
      meanProduct(text, matMul(bestImage, image.tokens, true)),
    ],
    1,
  );
}

/** [B, E]: the mean of token∘match over real tokens. */
function meanProduct({ tokens, weight }: Embedded, matches: Tensor3D): Tensor2D {
  const [size, count, width] = tokens.shape;
  const products = mul<Tensor3D>(tokens, matches);
  return reshape(matMul(reshape<Rank.R3>(weight, [size, 1, count]), products), [size, width]);
}
