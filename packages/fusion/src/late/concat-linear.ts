import { add, matMul, slice, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { checkShapes, parameter, type Params } from '@crossweave/core';

/**
 * A linear layer of the concatenation of both vectors, image before text. W·[image; text] + b is
 * the sum of a term of the image (with the bias) and a term of the text. So the matrix products are
 * computed once per row, and only the sum once per pair. Image [B_i, D_i], text [B_t, D_t], the
 * weight at `path` [out, D_i + D_t], the bias [out] is added if there is one.
 *
 * @throws ShapeError when the weight does not fit.
 */
export function concatLinear(
  params: Params,
  path: string,
  image: Tensor2D,
  text: Tensor2D,
): { image: Tensor2D; text: Tensor2D } {
  const weight = parameter<Tensor2D>(params, `${path}.weight`);
  const bias = params[`${path}.bias`] as Tensor1D | undefined;
  const [left, right] = [image.shape[1], text.shape[1]];
  const { O } = checkShapes(path, { weight: [weight, ['O', left + right]] });
  const first: Tensor2D = matMul(image, slice(weight, [0, 0], [O, left]), false, true);
  return {
    image: bias === undefined ? first : add<Tensor2D>(first, bias),
    text: matMul(text, slice(weight, [0, left], [O, right]), false, true),
  };
}
