import { add, matMul, mul, tidy, zeros, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, parameter, type Key, type Params } from '@crossweave/core';
import { kaimingUniform } from '@crossweave/core/nn';

const leaf = /\.lora_[AB]\.weight$/;

/** Whether a path is an adapter's: of the two matrices that `withLora` adds to a layer. */
export function isAdapter(path: string): boolean {
  return leaf.test(path);
}

/** The paths of a linear layer's adapter, under the names of Hugging Face's PEFT. */
export function adapterPaths(layer: string): { readonly a: string; readonly b: string } {
  return { a: `${layer}.lora_A.weight`, b: `${layer}.lora_B.weight` };
}

/** A [rank, in] as a linear layer starts, B [out, rank] zero: the sum starts as the layer itself. */
export function initAdapter(key: Key, layer: string, weight: Tensor2D, rank: number): Params {
  const [out, into] = weight.shape;
  const { a, b } = adapterPaths(layer);
  return {
    [a]: kaimingUniform<Rank.R2>(foldIn(key, a), [rank, into]),
    [b]: zeros([out, rank]),
  };
}

/** W + (alpha / rank)·B·A, with the rank that A has. */
export function adaptedWeight(
  params: Params,
  layer: string,
  alpha: number,
  drop: (a: Tensor2D) => Tensor2D = (a) => a,
): Tensor2D {
  const paths = adapterPaths(layer);
  const [a, b] = [parameter<Tensor2D>(params, paths.a), parameter<Tensor2D>(params, paths.b)];
  return tidy(() => {
    const change = mul(matMul(b, drop(a)), alpha / a.shape[0]);
    return add<Tensor2D>(parameter(params, `${layer}.weight`), change);
  });
}
