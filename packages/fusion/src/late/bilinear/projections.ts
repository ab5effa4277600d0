import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, mergeParams } from '@crossweave/core';
import type { Context, FeatureSpec, Key, Params } from '@crossweave/core';
import { activations, dropout, initLinear, linear, type Activation } from '@crossweave/core/nn';
import type { Side } from '../../features';

/** An activation function, of tensors of any rank. */
export type Activate = <T extends Tensor>(x: T) => T;

/** The activation of that name; undefined for `none`. */
export function activationNamed(name: Activation | 'none'): Activate | undefined {
  return name === 'none' ? undefined : activations[name];
}

export type SidePaths = Readonly<Record<Side, string>>;

/** MMF's names: the layer `<name>0` is the image's, `<name>1` the text's; one for both if `shared`. */
export function sidePaths(name: string, shared = false): SidePaths {
  return { image: `${name}0`, text: shared ? `${name}0` : `${name}1` };
}

/**
 * A linear layer to `out` for each side, or one for both if both paths are the same.
 *
 * @throws ConfigError when sides of unequal widths are to share a layer.
 */
export function initProjections(
  key: Key,
  where: string,
  paths: SidePaths,
  specs: Readonly<Record<Side, Pick<FeatureSpec, 'dim'>>>,
  out: number,
): Params {
  const image = initLinear(key, paths.image, { in: specs.image.dim, out });
  if (paths.image !== paths.text) {
    return mergeParams(image, initLinear(key, paths.text, { in: specs.text.dim, out }));
  }
  if (specs.image.dim !== specs.text.dim) {
    throw new ConfigError('sides of unequal widths cannot share a layer', {
      where,
      expected: `texts of width ${specs.image.dim}, as the images`,
      got: specs.text.dim,
      advice: 'Set "shared" to false.',
    });
  }
  return image;
}

/** f(W·x + b) with dropout, the layer at `path`: [B, in] → [B, out]. */
export function project(
  params: Params,
  path: string,
  x: Tensor2D,
  rate: number,
  ctx: Context,
  activate?: Activate,
): Tensor2D {
  const moved = linear(params, path, x);
  return dropout(activate === undefined ? moved : activate(moved), rate, ctx, `${path}.dropout`);
}
