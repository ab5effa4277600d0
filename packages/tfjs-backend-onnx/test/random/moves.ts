import type * as tf from '@tensorflow/tfjs-core';

/** A tensor of a random program. */
export interface Value {
  readonly tensor: tf.Tensor;
  /**
   * Whether every backend gives the same bits: sums in another order and functions like exp do not.
   * What jumps (floor, comparisons, casts to integers) is done with exact values only.
   */
  readonly exact: boolean;
}

/** Numbers from 0 up that decide what a move does. */
export type Dice = (sides: number) => number;

/** A step of a random program; null where it cannot be made with these operands. */
export type Move = (a: Value, b: Value, c: Value, dice: Dice) => Value | null;

export type Kind = 'float32' | 'int32' | 'bool';
export const is = (value: Value, kind: Kind): boolean => value.tensor.dtype === kind;

export const exactly = (tensor: tf.Tensor, ...from: readonly Value[]): Value => ({
  tensor,
  exact: from.every(({ exact }) => exact),
});
export const roughly = (tensor: tf.Tensor): Value => ({
  tensor,
  exact: tensor.dtype !== 'float32',
});

export const fits = ({ tensor: a }: Value, { tensor: b }: Value): boolean =>
  [1, 2, 3, 4].every((back) => {
    const [x = 1, y = 1] = [a.shape.at(-back), b.shape.at(-back)];
    return x === y || x === 1 || y === 1;
  });
