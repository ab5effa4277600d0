import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { broadcastTo, cast, einsum, reshape } from '@tensorflow/tfjs-core';

/**
 * The gradient of einsum, which tfjs-core lacks. y = einsum('a,b->y', A, B) is linear in A, so dA =
 * einsum('y,b->a', dy, B). Along a label that only A has, y is a sum, so dA is constant.
 */
export const einsumGradient: GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes) => {
    const equation = (attributes['equation'] as string).replace(/\s/g, '');
    const [left, result] = equation.split('->') as [string, string];
    const terms = left.split(',');
    return saved.map((x, i) => (): Tensor => {
      const own = Array.from(terms[i] as string);
      const others = saved.filter((_, k) => k !== i);
      const given = [result, ...terms.filter((_, k) => k !== i)].join();
      const seen = own.filter((label) => given.includes(label));
      const product = einsum(
        `${given}->${seen.join('')}`,
        dy as Tensor,
        ...others.map((other) => cast(other, 'float32')),
      );
      const narrow = own.map((label, axis) => (seen.includes(label) ? x.shape[axis]! : 1));
      return broadcastTo(reshape(product, narrow), x.shape);
    }) as never;
  },
};
