import { add } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { oneOf, readOptions, type Checks } from '@crossweave/core/authoring';
import { initLinear, linear, type Activation } from '@crossweave/core/nn';
import { concatLinear } from './concat-linear';
import { activationCheck } from '../option-checks';
import { hiddenCheck, initMlp, mlpBehindFirst } from './mlp';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dropout` acts behind each activation. */
export interface ConcatMlpOptions extends PooledFusionOptions {
  /** Widths between the MLP's layers; an empty list makes it one linear layer. Default [500, 500]. */
  hidden?: readonly number[];
  /** Between the layers. Default `relu`. */
  activation?: Activation;
  /**
   * A linear layer on each side in front, to the width of the narrower or of the wider side, so that
   * both have equally many numbers. Default `none`: no such layer.
   */
  adapt?: 'none' | 'min' | 'max';
}

/** The width of a side behind its adapter, by the widths of this side and of the other side. */
const adaptedWidth: Readonly<
  Record<NonNullable<ConcatMlpOptions['adapt']>, (own: number, other: number) => number>
> = { none: (own) => own, min: Math.min, max: Math.max };

const checks: Checks<ConcatMlpOptions> = {
  ...pooledFusionChecks,
  hidden: hiddenCheck,
  activation: activationCheck,
  adapt: oneOf(...Object.keys(adaptedWidth)),
};

/**
 * An MLP on both vectors side by side: joint = MLP([x; y]), image x [B, D_i] before text
 * y [B, D_t] by declaration, not by the order of names. MMF's ConcatMLP (`linears.i`, its
 * widths and ReLU); with no `hidden` TorchMultimodal's ConcatFusionModule with a linear
 * projection; with `adapt: 'max'` the per-side layers of AutoGluon's fusion MLP.
 */
export function concatMlp(options: ConcatMlpOptions = {}): Fusion<PooledFeatures> {
  const where = 'concatMlp';
  const settings = readOptions<ConcatMlpOptions>(
    where,
    options,
    { ...pooledFusionDefaults, hidden: [500, 500], activation: 'relu', adapt: 'none' },
    checks,
  );
  const { dim, hidden } = settings;
  const widthOf = adaptedWidth[settings.adapt];
  const adapts = settings.adapt !== 'none';

  return pooledFusion({
    where,
    name: `concat-mlp(${[...hidden, dim].join('-')})`,
    settings,
    init: (key, { image, text }) => {
      const left = widthOf(image.dim, text.dim);
      const right = widthOf(text.dim, image.dim);
      const mlp = initMlp(key, 'mlp', [left + right, ...hidden, dim]);
      if (!adapts) return mlp;
      return mergeParams(
        initLinear(key, 'image_adapter', { in: image.dim, out: left }),
        initLinear(key, 'text_adapter', { in: text.dim, out: right }),
        mlp,
      );
    },
    prepare: (params, image, text) =>
      concatLinear(
        params,
        'mlp.linears.0',
        adapts ? linear(params, 'image_adapter', image) : image,
        adapts ? linear(params, 'text_adapter', text) : text,
      ),
    join: (params, image, text, ctx) =>
      mlpBehindFirst(params, 'mlp', add(image, text), settings, ctx),
  });
}
