import type * as tf from '@tensorflow/tfjs-core';
import type { Plain } from '../against-cpu';

/** Named sizes of an op's inputs. */
export type Sizes = Readonly<Record<string, number>>;

/** An op called on inputs of certain sizes. */
export interface OpCall {
  readonly program: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  readonly inputs: readonly Plain[];
}

/** An op whose sizes may be varied: every call must do what it does on tfjs's cpu backend. */
export interface OpCase {
  readonly name: string;
  /** Sizes at which the op does its usual work. */
  readonly sizes: Sizes;
  readonly call: (sizes: never) => OpCall;
}

export function op<S extends Sizes>(
  name: string,
  sizes: S,
  call: (sizes: S) => readonly [OpCall['program'], ...Plain[]],
): OpCase {
  return {
    name,
    sizes,
    call: (given: S) => {
      const [program, ...inputs] = call(given);
      return { program, inputs };
    },
  };
}

/** The usual sizes with each size in turn replaced by `value`, and with all of them replaced. */
export function variants({ sizes }: OpCase, value: number): Sizes[] {
  const names = Object.keys(sizes);
  const one = names.map((name) => ({ ...sizes, [name]: value }));
  return [...one, Object.fromEntries(names.map((name) => [name, value]))];
}
