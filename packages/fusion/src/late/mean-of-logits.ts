import { add, mul, transpose, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  type Context,
  type Fusion,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { linear, type Activation } from '@crossweave/core/nn';
import type { Side } from '../features';
import { activationCheck } from '../option-checks';
import { hiddenCheck, initMlp, mlpBehindFirst } from './mlp';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dim` is the number of logits; `dropout` acts after each activation. */
export interface MeanOfLogitsOptions extends PooledFusionOptions {
  /** Hidden widths of each classifier. Default []: a linear classifier. */
  hidden?: readonly number[];
  /** Activation between the layers. Default `relu`. */
  activation?: Activation;
}

/**
 * Decision fusion: joint = (f_i(x) + f_t(y)) / 2, the mean of the D logits of a classifier of the
 * image and a classifier of the text. This is MMF's late fusion, by default with its linear
 * classifiers.
 *
 * `match` too is the mean of a logit of the image and a logit of the text: score[i][j] = (a_i +
 * b_j) / 2. So the texts have the same order for every image, and the fusion cannot tell which text
 * belongs to which image. As a baseline it shows how much the priors of each side achieve.
 */
export function meanOfLogits(options: MeanOfLogitsOptions = {}): Fusion<PooledFeatures> {
  const where = 'meanOfLogits';
  const settings = readOptions<MeanOfLogitsOptions>(
    where,
    options,
    { ...pooledFusionDefaults, hidden: [], activation: 'relu' },
    { ...pooledFusionChecks, hidden: hiddenCheck, activation: activationCheck },
  );
  const { dim, hidden } = settings;

  const classify = (params: Params, side: Side, x: Tensor2D, ctx: Context): Tensor2D => {
    const path = `${side}_classifier`;
    const first = linear(params, `${path}.linears.0`, x);
    return mlpBehindFirst(params, path, first, settings, ctx);
  };

  return pooledFusion({
    where,
    name: `mean-of-logits(${[...hidden, dim].join('-')})`,
    settings,
    init: (key, { image, text }) =>
      mergeParams(
        initMlp(key, 'image_classifier', [image.dim, ...hidden, dim]),
        initMlp(key, 'text_classifier', [text.dim, ...hidden, dim]),
      ),
    prepare: (params, image, text, ctx) => ({
      image: classify(params, 'image', image, ctx),
      text: classify(params, 'text', text, ctx),
    }),
    join: (_, image, text) => mul(add<Tensor2D>(image, text), 0.5),
    score: (params, image, text) => {
      const ofImages = linear(params, 'match_head', image);
      return mul(add<Tensor2D>(ofImages, transpose(linear(params, 'match_head', text))), 0.5);
    },
  });
}
