import { add, div, erf, exp, mul, relu, square, sub, tanh, tidy } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';
import { withGradient } from './with-gradient';

export { relu };

/**
 * x·Φ(x), Φ the normal distribution function by erf: `torch.nn.GELU()` (Hendrycks & Gimpel 2016).
 *
 * With u = x/√2 the derivative is Φ + u·exp(−u²)/√π. The quotient u/exp(u²) takes one pass less
 * than that product, and is 0 where exp(u²) overflows.
 */
export function gelu<T extends Tensor>(x: T): T {
  return tidy(() => {
    const scaled = constantOf(x, (value) => mul(value, Math.SQRT1_2));
    const cumulative = constantOf(scaled, (value) => mul(add(erf(value), 1), 0.5));
    return withGradient(
      x,
      (value, save) => {
        save(scaled, cumulative);
        return mul(value, cumulative);
      },
      (gradient, [u, probability]) => {
        const density = mul(div(u!, exp(square(u!))), 1 / Math.sqrt(Math.PI));
        return mul(gradient, add(probability!, density));
      },
    );
  });
}

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

/** The tanh approximation of {@link gelu}: `torch.nn.GELU('tanh')`, `gelu_new` in BERT's kin. */
export function geluTanh<T extends Tensor>(x: T): T {
  return tidy(() => {
    const bent = constantOf(x, (value) =>
      tanh(mul(value, add(mul(square(value), tanhScale * tanhCubic), tanhScale))),
    );
    return withGradient(
      x,
      (value, save) => {
        save(value, bent);
        return mul(mul(value, 0.5), add(bent, 1));
      },
      (gradient, [value, curve]) => {
        const slope = add(mul(square(value!), 3 * tanhScale * tanhCubic), tanhScale);
        const curved = mul(mul(value!, slope), sub(1, square(curve!)));
        return mul(gradient, mul(add(add(curve!, 1), curved), 0.5));
      },
    );
  });
}

/** Activations by the name an option gives. */
export const activations = { gelu, geluTanh, relu } as const;

export type Activation = keyof typeof activations;
