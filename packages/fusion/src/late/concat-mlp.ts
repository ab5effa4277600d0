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

/** `dropout` acts after each activation. */
export interface ConcatMlpOptions extends PooledFusionOptions {
  /** Hidden widths of the MLP; an empty list gives one linear layer. Default [500, 500]. */
  hidden?: readonly number[];
  /** Activation between the layers. Default `relu`. */
  activation?: Activation;
  /**
   * A linear layer for each side before the MLP, to the width of the narrower (`min`) or the wider
   * side (`max`), so that both sides have the same width. Default `none`: no such layer.
   */
  adapt?: 'none' | 'min' | 'max';
}

/** The width of a side after its adapter, from the widths of this side and of the other side. */
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
 * An MLP on the concatenated vectors: joint = MLP([x; y]), image x [B, D_i] before text y [B, D_t].
 * By default this is MMF's ConcatMLP (`linears.i`, its widths and ReLU). With `hidden: []` it is
 * TorchMultimodal's ConcatFusionModule with a linear projection. `adapt: 'max'` adds the per-side
 * layers of AutoGluon's fusion MLP.
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
