import {
  add,
  mul,
  neg,
  softplus,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { HostValue } from '@crossweave/core';

/** [K] what −log σ(x) and −log(1 − σ(x)) of each output x of a row count. */
export interface BinaryTarget {
  readonly yes: readonly number[];
  readonly no: readonly number[];
}

/**
 * Σ_b Σ_k (yes_bk · −log σ(x_bk) + no_bk · −log(1 − σ(x_bk))) / (`per` · n), over the n rows of outputs x
 * [B, K] that have a target: PyTorch's `binary_cross_entropy_with_logits`. 0 where no row has one.
 *
 * @param per K for the mean over outputs, 1 for their sum.
 */
export function binaryLoss(
  outputs: Tensor2D,
  targets: HostValue<readonly (BinaryTarget | undefined)[]>,
  per: number,
): Scalar {
  return tidy(() => {
    const [, width] = outputs.shape;
    const countOf = (all: readonly unknown[]): number =>
      all.filter((each) => each !== undefined).length;
    if (targets.choose((all) => countOf(all) === 0)) return mul<Scalar>(sum(outputs), 0);
    const weights = (side: keyof BinaryTarget): Tensor2D =>
      targets.tensor<Rank.R2>((all) => {
        const part = 1 / (countOf(all) * per);
        return all.flatMap((target) =>
          Array.from({ length: width }, (_, k) => (target?.[side][k] ?? 0) * part),
        );
      }, outputs.shape);
    // −log σ(x) = softplus(−x), −log(1 − σ(x)) = softplus(x).
    const yes = mul(softplus(neg(outputs)), weights('yes'));
    return sum<Scalar>(add(yes, mul(softplus(outputs), weights('no'))));
  });
}

/** Probabilities of logits. */
export function sigmoidOf(logits: ArrayLike<number>): number[] {
  return Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}
