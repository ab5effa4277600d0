import { concat, mul, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams } from '@crossweave/core';
import type { Context, Fusion, Params, PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { bilinearFusion } from './bilinear-fusion';
import { hadamardActivations } from './hadamard';
import { factorRows, mfbChecks, mfbDefaults, type MfbOptions } from './mfb';
import { rankProduct } from './products';
import { initProjections, project, type SidePaths } from './projections';

export type MfhOptions = MfbOptions;

/**
 * Factorised high-order pooling (Yu et al. 2017, arXiv 1708.03619): two steps of MFB. The products
 * of the second step are multiplied by the products of the first before they are summed, so they
 * are of fourth order. The sums of both steps are normalised separately, concatenated (width 2M)
 * and passed to `linear_out`. MMF's names: `linear<side>_<step>`, side 0 is the image.
 *
 * The factors of the second step are x_0∘x_1 and y_0∘y_1, each computed once per row.
 */
export function mfh(options: MfhOptions = {}): Fusion<PooledFeatures> {
  const where = 'mfh';
  const settings = readOptions<MfhOptions>(where, options, mfbDefaults, mfbChecks);
  const { hidden, factor, dim, dropout } = settings;
  const activate = hadamardActivations(settings);
  const paths = ([0, 1] as const).map((step): SidePaths => ({
    image: `linear0_${step}`,
    text: `linear1_${step}`,
  }));

  const rows = (params: Params, side: keyof SidePaths, x: Tensor2D, ctx: Context): Tensor3D => {
    const [first, second] = paths.map((step) =>
      factorRows(project(params, step[side], x, dropout, ctx, activate.input), factor),
    );
    return concat([first!, mul<Tensor3D>(first!, second!)], 2);
  };

  return bilinearFusion({
    where,
    name: `mfh(${hidden}x${factor}-${dim})`,
    settings,
    product: rankProduct,
    products: 2 * hidden,
    normalized: settings.normalize ? 2 : 0,
    activate: activate.output,
    init: (key, specs) =>
      mergeParams(
        ...paths.map((step) => initProjections(key, where, step, specs, hidden * factor)),
      ),
    prepare: (params, image, text, ctx) => ({
      image: rows(params, 'image', image, ctx),
      text: rows(params, 'text', text, ctx),
    }),
  });
}
