import {
  div,
  greater,
  logicalAnd,
  onesLike,
  sqrt,
  square,
  sum,
  where,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { mapDirections, resolved, type GradientTransform } from '../transform';

/**
 * Each direction times ‖parameter‖ / ‖direction‖, so that it is as long as its parameter; 1 where one
 * of them is 0. The layer-wise rate of LARS and LAMB (You et al. 2020, arXiv 1904.00962) with
 * φ(z) = z.
 */
export function scaleByTrustRatio(): GradientTransform {
  return {
    name: 'trust ratio',
    apply: (directions, _state, { params }) => ({
      directions: mapDirections(directions, (direction, path) => {
        const old = parameter(params, path);
        const value = resolved(direction, old);
        const [length, size] = [lengthOf(old), lengthOf(value)];
        const fits = logicalAnd(greater(length, 0), greater(size, 0));
        const ratio = where<Scalar>(fits, div<Scalar>(length, size), onesLike(length));
        return { value, scale: ratio, decay: 0 };
      }),
    }),
  };
}

function lengthOf(x: Tensor): Scalar {
  return sqrt(sum<Scalar>(square(x)));
}
