import { add, concat, mul, neg, slice, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors';
import { checkShapes } from '../shapes';

/** Cosine and sine of the angle by which each value of each token is turned: [N, Dh]. */
export interface Rotation {
  readonly cos: Tensor2D;
  readonly sin: Tensor2D;
}

/**
 * The rotation of N tokens by N lists of Dh / 2 angles in radians. An empty list turns its token by
 * nothing (a class token has no place).
 *
 * @throws ShapeError when a list has another length.
 */
export function rotation(angles: readonly ArrayLike<number>[], headDim: number): Rotation {
  const half = headDim / 2;
  const cos = new Float32Array(angles.length * headDim).fill(1);
  const sin = new Float32Array(angles.length * headDim);
  angles.forEach((own, token) => {
    if (own.length !== 0 && own.length !== half) {
      throw new ShapeError('a token has a wrong number of angles', {
        where: 'rotation',
        expected: `${half}, half of the width of a head`,
        got: own.length,
      });
    }
    for (let i = 0; i < own.length; i++) {
      for (const at of [token * headDim + i, token * headDim + half + i]) {
        cos[at] = Math.cos(own[i]!);
        sin[at] = Math.sin(own[i]!);
      }
    }
  });
  const shape: [number, number] = [angles.length, headDim];
  return { cos: tensor2d(cos, shape), sin: tensor2d(sin, shape) };
}

/**
 * Rotary positions (Su et al. 2021, in the order of Hugging Face): value i of a head and value
 * i + Dh / 2 are turned as a point of the plane. [B, H, N, Dh] → [B, H, N, Dh].
 */
export function rotate(x: Tensor4D, { cos, sin }: Rotation): Tensor4D {
  const [batch, heads, tokens, dim] = x.shape;
  checkShapes('rotate', { cos: [cos, [tokens, dim]], sin: [sin, [tokens, dim]] });
  const half = dim / 2;
  return tidy(() => {
    const first = slice(x, [0, 0, 0, 0], [batch, heads, tokens, half]);
    const second = slice(x, [0, 0, 0, half], [batch, heads, tokens, half]);
    return add(mul(x, cos), mul(concat([neg(second), first], 3), sin));
  });
}
