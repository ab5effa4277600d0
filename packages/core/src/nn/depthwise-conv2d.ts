import { depthwiseConv2d as convolve, tidy, transpose, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../authoring/options';
import { parameter, type Params } from '../params';
import { strideChecks } from './conv2d';
import { requireWidth } from './require-width';

/**
 * A convolution of each channel by itself (`torch.nn.Conv2d` with `groups` = C, without bias):
 * [B, H, W, C] with weight [C, 1, kh, kw] → [B, H', W', C], zero padding,
 * H' = ⌊(H + 2·padding − kh) / stride⌋ + 1.
 *
 * @throws ConfigError for a wrong option, ShapeError when the input's channels are not the weight's.
 */
export function depthwiseConv2d(
  params: Params,
  path: string,
  x: Tensor4D,
  options: { readonly stride?: number; readonly padding?: number } = {},
): Tensor4D {
  checkOptions(path, options, strideChecks);
  const { stride = 1, padding = 0 } = options;
  const weight = parameter<Tensor4D>(params, `${path}.weight`);
  requireWidth(path, x, weight.shape[0]);
  return tidy(() => convolve(x, transpose<Tensor4D>(weight, [2, 3, 0, 1]), stride, padding));
}
