import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, mergeParams } from '@crossweave/core';
import type { Context, FeatureSpec, Key, Params } from '@crossweave/core';
import { activations, dropout, initLinear, linear, type Activation } from '@crossweave/core/nn';
import type { Side } from '../../features';

/** An activation function, of tensors of any rank. */
export type Activate = <T extends Tensor>(x: T) => T;

/** The activation with the given name; undefined for `none`. */
export function activationNamed(name: Activation | 'none'): Activate | undefined {
  return name === 'none' ? undefined : activations[name];
}

export type SidePaths = Readonly<Record<Side, string>>;

/**
 * Paths of a side's layer, with MMF's names: `<name>0` for the image, `<name>1` for the text. If
 * `shared`, both are `<name>0`.
 */
export function sidePaths(name: string, shared = false): SidePaths {
  return { image: `${name}0`, text: shared ? `${name}0` : `${name}1` };
}

/**
 * A linear layer to `out` for each side, or one for both if both paths are the same.
 *
 * @throws ConfigError when the sides share a layer and differ in width.
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
    throw new ConfigError('the sides cannot share a layer, because their widths differ', {
      where,
      expected: `text features of width ${specs.image.dim}, as the image features`,
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
